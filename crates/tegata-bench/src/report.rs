//! The table.

use std::fmt::Write as _;
use std::path::Path;

/// One line of the table.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) measure: &'static str,
    /// What it has to reach.
    pub(crate) target: Target,
    /// The result, in the unit of the target.
    pub(crate) result: f64,
    /// The figures that it comes from.
    pub(crate) figures: String,
}

/// A bound, with its unit.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtMost(f64, &'static str),
    AtLeast(f64, &'static str),
}

impl Target {
    fn holds(self, result: f64) -> bool {
        match self {
            Self::AtMost(bound, _) => result <= bound,
            Self::AtLeast(bound, _) => result >= bound,
        }
    }

    fn show(self) -> String {
        match self {
            Self::AtMost(bound, unit) => format!("≤ {}", number(bound, unit)),
            Self::AtLeast(bound, unit) => format!("≥ {}", number(bound, unit)),
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::AtMost(_, unit) | Self::AtLeast(_, unit) => unit,
        }
    }
}

fn number(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 0.1 => 3,
        _ => 4,
    };
    let text = format!("{value:.digits$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    if unit.is_empty() { text } else { format!("{text} {unit}") }
}

/// The table as Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from("| Measure | Target | Result | | From |\n|---|---|---|---|---|\n");
    for row in rows {
        let mark = if row.target.holds(row.result) { "✓" } else { "✗" };
        let result = number(row.result, row.target.unit());
        let _ = writeln!(
            text,
            "| {} | {} | **{result}** | {mark} | {} |",
            row.measure,
            row.target.show(),
            row.figures
        );
    }
    text
}

const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";

/// Puts the table between the marks of a page.
pub(crate) fn write(page: &Path, rows: &[Row]) -> std::io::Result<()> {
    let text = std::fs::read_to_string(page)?;
    let (before, rest) =
        text.split_once(BEGIN).ok_or_else(|| std::io::Error::other("the page has no mark to begin at"))?;
    let (_, after) =
        rest.split_once(END).ok_or_else(|| std::io::Error::other("the page has no mark to end at"))?;
    std::fs::write(page, format!("{before}{BEGIN}\n{}{END}{after}", table(rows)))
}
