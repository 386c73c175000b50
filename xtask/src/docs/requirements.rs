//! docs/requirements.md: which test proves which requirement. Tests say it in their names (`r06_…`, `v54_…`), so the page
//! is made from them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::report;
use crate::Result;
use crate::workspace;

const PAGE: &str = "docs/requirements.md";
/// `row | what comes of it in this release | sentence`, a line each.
const ROWS: &str = include_str!("requirements.txt");

const HEAD: &str = "\
# Requirements and their tests

<!-- Made by `cargo xtask docs --write` from the names of the tests. Do not edit. -->

Rows R are what Tegata must hold before anyone uses it, with a few that may come later and are met already. Rows V are
what went wrong at other systems of the same kind: published advisories and bugs, each kept as a test of what must not
happen here. Rows A are the attacks of RFC 9700, each by its section. A test names its row at the beginning of its own
name. Rows of parts that are not in this release are listed at the end.
";

/// A line of [`ROWS`].
struct Row {
    name: &'static str,
    absent: Option<&'static str>,
    sentence: &'static str,
}

/// A test that names its rows.
struct Test {
    name: String,
    file: PathBuf,
}

/// Fails when the page is stale, when a row of this release has no test, or when a test names a row that is not there.
pub(super) fn check() -> Result {
    let (page, mut problems) = page()?;
    if workspace::read(PAGE).is_ok_and(|old| old != page) || workspace::read(PAGE).is_err() {
        problems.push(format!("{PAGE} is stale: cargo xtask docs --write"));
    }
    report(&problems, "every row of this release has a test, and the page names them")
}

pub(super) fn write() -> Result {
    let (page, problems) = page()?;
    workspace::write(PAGE, &page)?;
    report(&problems, &format!("wrote {PAGE}"))
}

/// The page, and what is wrong with it: rows without a test, and tests without a row.
fn page() -> Result<(String, Vec<String>)> {
    let tests = tests()?;
    let mut problems = Vec::new();
    let mut page = HEAD.to_owned();
    let rows: Vec<Row> = ROWS.lines().filter_map(row).collect();
    page.push_str("\n| Row | It holds that | Tests |\n|---|---|---|\n");
    for row in rows.iter().filter(|row| row.absent.is_none()) {
        let Some(tests) = tests.get(row.name) else {
            problems.push(format!("{} has no test: {}", row.name, row.sentence));
            continue;
        };
        let links: Vec<String> = tests.iter().map(link).collect();
        writeln!(page, "| {} | {} | {} |", row.name, row.sentence, links.join("<br>"))?;
    }
    for name in tests.keys().filter(|name| rows.iter().all(|row| row.name != **name)) {
        problems.push(format!("{name} is named by a test and is no row"));
    }
    page.push_str("\n## Not in this release\n\n| Row | It holds that | Belongs to |\n|---|---|---|\n");
    for row in &rows {
        if let Some(part) = row.absent {
            writeln!(page, "| {} | {} | {part} |", row.name, row.sentence)?;
        }
    }
    Ok((page, problems))
}

fn row(line: &'static str) -> Option<Row> {
    let mut parts = line.split(" | ");
    let (name, part, sentence) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Row { name, absent: (part != "here").then_some(part), sentence })
}

fn link(test: &Test) -> String {
    format!("[`{}`](../{})", test.name.replace('|', "\\|"), test.file.display())
}

/// All tests that name a row, by row.
fn tests() -> Result<BTreeMap<String, Vec<Test>>> {
    let mut tests = BTreeMap::<String, Vec<Test>>::new();
    for file in workspace::files_with(&["rs", "ts", "tsx", "js", "mjs"])? {
        // Its own tests speak of names of tests.
        if file.ends_with(file!()) {
            continue;
        }
        let text = workspace::read(&file)?;
        for name in test_names(&file, &text) {
            for row in rows_of(&name) {
                tests.entry(row).or_default().push(Test { name: name.clone(), file: file.clone() });
            }
        }
    }
    for found in tests.values_mut() {
        found.sort_by(|a, b| (&a.file, &a.name).cmp(&(&b.file, &b.name)));
        found.dedup_by(|a, b| (&a.file, &a.name) == (&b.file, &b.name));
    }
    Ok(tests)
}

/// The names of the tests in a file that begin with a row: functions, cases of a macro (`name: …`), and strings that are
/// given to a test runner.
fn test_names(file: &Path, text: &str) -> Vec<String> {
    let is_rust = file.extension().is_some_and(|e| e == "rs");
    let lines = text.lines().map(str::trim_start);
    let names = lines.filter_map(|line| if is_rust { rust_name(line) } else { script_name(line) });
    names.filter(|name| !rows_of(name).is_empty()).map(str::to_owned).collect()
}

fn rust_name(line: &str) -> Option<&str> {
    if let Some((_, rest)) = line.split_once("fn ") {
        return Some(first_word(rest).0);
    }
    let (name, rest) = first_word(line);
    (rest.starts_with(':') && !rest.starts_with("::")).then_some(name)
}

fn first_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len()))
}

fn script_name(line: &str) -> Option<&str> {
    ["test(", "it("].into_iter().find_map(|call| {
        let (_, rest) = line.split_once(call)?;
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        rest[1..].split(quote).next()
    })
}

/// The rows at the beginning of a test's name: `r13_r16_…` is `R13` and `R16`, `a4_11_2_…` is `A4.11.2`.
fn rows_of(name: &str) -> Vec<String> {
    let is_number =
        |digits: &str| matches!(digits.len(), 1..=2) && digits.bytes().all(|b| b.is_ascii_digit());
    let mut rows = Vec::<String>::new();
    for word in name.split(['_', ' ', ':', ',', '.']) {
        let Some((letter, digits)) = word.split_at_checked(1) else { break };
        if "arvARV".contains(letter) && is_number(digits) {
            rows.push(format!("{}{}", letter.to_uppercase(), digits.trim_start_matches('0')));
        } else if is_number(word)
            && let Some(section) = rows.last_mut().filter(|row| row.starts_with('A'))
        {
            section.push('.');
            section.push_str(word);
        } else {
            break;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_names_its_rows_at_the_beginning_of_its_name() {
        assert_eq!(rows_of("r06_a_replay_ends_the_session"), ["R6"]);
        assert_eq!(rows_of("r13_v54_strict"), ["R13", "V54"]);
        assert_eq!(rows_of("R44: the token is out of reach"), ["R44"]);
        assert_eq!(rows_of("a4_11_2_r1_v53_nobody_is_sent_there"), ["A4.11.2", "R1", "V53"]);
        assert_eq!(rows_of("A4.2: no page tells its address"), ["A4.2"]);
        assert!(rows_of("a_2_b").is_empty());
        assert_eq!(rows_of("r4_2_tabs"), ["R4"], "only sections have parts");
        assert!(rows_of("rows_of_a_table").is_empty());
        assert!(rows_of("rejects_v1").is_empty());
        assert!(rows_of("").is_empty());
    }

    #[test]
    fn tests_are_found_in_rust_and_in_typescript() {
        let rust =
            "    #[test]\n    async fn r59_delays_grow() {\n    fn other() {\n    v54_a_case:\n  r1::path";
        assert_eq!(test_names(Path::new("a.rs"), rust), ["r59_delays_grow", "v54_a_case"]);
        let script = "  it(\"r44 keeps no token\", () => {\ntest(\"other\", () => {";
        assert_eq!(test_names(Path::new("a.ts"), script), ["r44 keeps no token"]);
    }

    #[test]
    fn every_line_of_the_rows_is_a_row() {
        let lines = ROWS.lines().filter(|line| !line.is_empty());
        for line in lines {
            let row = row(line).expect(line);
            assert_eq!(rows_of(&row.name.to_lowercase()), [row.name], "{line}");
        }
    }
}
