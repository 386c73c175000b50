//! How the pages of one installation look.

use std::fmt::Write as _;

use crate::url::web_url_or_path;

mod colour;

use colour::{Colour, Pair};

/// The name, the logo and the colours of whoever runs the provider.
#[derive(Clone, Debug)]
pub struct Theme {
    service_name: String,
    logo_url: Option<String>,
    palette: Palette,
    radius: Option<String>,
}

/// What is wrong with a theme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeProblem {
    /// The name is empty.
    #[error("the name of the service is empty")]
    NoServiceName,
    /// The logo is neither on the web nor a path on this server.
    #[error("the logo must be an https:// address or a path that begins with /")]
    Logo,
    /// There is no such variable.
    #[error("there is no variable `{0}`; there are {names}", names = variable_names())]
    UnknownVariable(String),
    /// A variable is set more than once.
    #[error("`{0}` is set more than once")]
    Repeated(String),
    /// A colour is not written as colours are.
    #[error("`{0}` must be #rrggbb, or light-dark(#rrggbb, #rrggbb)")]
    NotAColour(String),
    /// The radius is not written as lengths are.
    #[error("`radius` must be a whole number of pixels from 0px to 32px")]
    NotARadius,
    /// Two colours that stand on each other are too much alike (WCAG 2.2, 1.4.3 and 1.4.11).
    #[error(
        "`{above}` on `{below}` has too little contrast in the {scheme} scheme: {has} to 1, and {needs} to 1 is needed"
    )]
    LowContrast {
        /// The text, or the line.
        above: &'static str,
        /// What it is on.
        below: &'static str,
        /// `light` or `dark`.
        scheme: &'static str,
        /// The contrast there is.
        has: String,
        /// The contrast there should be.
        needs: &'static str,
    },
}

/// A colour of the pages, as a theme and as the stylesheet call it, with what it is where no theme says otherwise.
struct Variable {
    name: &'static str,
    property: &'static str,
    default: &'static str,
}

const fn variable(name: &'static str, property: &'static str, default: &'static str) -> Variable {
    Variable { name, property, default }
}

const VARIABLES: [Variable; 9] = [
    variable("background", "--paper", "light-dark(#f6f0e4, #17120e)"),
    variable("surface", "--surface", "light-dark(#fffdf8, #211a15)"),
    variable("text", "--ink", "light-dark(#2b2019, #f3e9da)"),
    variable("muted", "--ink-soft", "light-dark(#66564a, #b9a791)"),
    variable("border", "--line-strong", "light-dark(#8f7a64, #8d7a67)"),
    variable("accent", "--seal", "light-dark(#b8321c, #c8452b)"),
    variable("accent-text", "--seal-ink", "#fffaf2"),
    variable("link", "--accent", "light-dark(#a92c17, #ff9a7d)"),
    variable("focus", "--focus", "light-dark(#1f4e8c, #9cc3ff)"),
];

/// Not a colour.
const RADIUS: &str = "radius";

/// The colour of what is wrong, which a theme does not change: it has to be seen on the theme's surface as well.
const BAD: &str = "light-dark(#a4161a, #ff9d94)";

/// Text has 4.5 to 1, and what only has to be found has 3 to 1.
const CONTRASTS: [(&str, &str, f64, &str); 12] = [
    ("text", "background", 4.5, "4.5"),
    ("text", "surface", 4.5, "4.5"),
    ("muted", "background", 4.5, "4.5"),
    ("muted", "surface", 4.5, "4.5"),
    ("link", "background", 4.5, "4.5"),
    ("link", "surface", 4.5, "4.5"),
    ("accent-text", "accent", 4.5, "4.5"),
    ("error", "surface", 4.5, "4.5"),
    ("error", "background", 4.5, "4.5"),
    ("border", "surface", 3.0, "3"),
    ("focus", "background", 3.0, "3"),
    ("focus", "surface", 3.0, "3"),
];

/// What is set, by the places of the variables.
#[derive(Clone, Debug, Default)]
struct Palette([Option<Pair>; VARIABLES.len()]);

impl Theme {
    /// A theme, if it can be read.
    ///
    /// Variables are `background`, `surface`, `text`, `muted`, `border`, `accent`, `accent-text`, `link`, `focus` and
    /// `radius`. A colour is `#rrggbb`, or `light-dark(#rrggbb, #rrggbb)` with one for each scheme.
    ///
    /// # Errors
    /// All that is wrong, together. That includes colours on which someone could not read what they are about to allow.
    pub fn new<'v>(
        service_name: &str,
        logo_url: Option<&str>,
        variables: impl IntoIterator<Item = (&'v str, &'v str)>,
    ) -> Result<Self, Vec<ThemeProblem>> {
        let mut problems = Vec::new();
        if service_name.trim().is_empty() {
            problems.push(ThemeProblem::NoServiceName);
        }
        if logo_url.is_some_and(|url| web_url_or_path(url).is_none()) {
            problems.push(ThemeProblem::Logo);
        }
        let mut palette = Palette::default();
        let mut radius = None;
        for (name, value) in variables {
            if name == RADIUS {
                match parse_radius(value) {
                    None => problems.push(ThemeProblem::NotARadius),
                    Some(_) if radius.is_some() => problems.push(ThemeProblem::Repeated(name.to_owned())),
                    Some(value) => radius = Some(value),
                }
                continue;
            }
            let slot = VARIABLES.iter().zip(&mut palette.0).find(|(variable, _)| variable.name == name);
            match (slot, Pair::parse(value)) {
                (None, _) => problems.push(ThemeProblem::UnknownVariable(name.to_owned())),
                (Some((_, Some(_))), _) => problems.push(ThemeProblem::Repeated(name.to_owned())),
                (_, None) => problems.push(ThemeProblem::NotAColour(name.to_owned())),
                (Some((_, slot)), pair) => *slot = pair,
            }
        }
        palette.check_contrasts(&mut problems);
        if problems.is_empty() {
            let logo_url = logo_url.map(str::to_owned);
            Ok(Self { service_name: service_name.trim().to_owned(), logo_url, palette, radius })
        } else {
            Err(problems)
        }
    }

    /// The theme of a service that sets nothing but its name.
    pub fn plain(service_name: &str) -> Self {
        let service_name = service_name.trim().to_owned();
        Self { service_name, logo_url: None, palette: Palette::default(), radius: None }
    }

    /// What the service is called.
    pub fn service_name(&self) -> &str {
        &self.service_name
    }

    /// The logo beside the name. Without one, there is a seal.
    pub fn logo_url(&self) -> Option<&str> {
        self.logo_url.as_deref()
    }
}

impl Default for Theme {
    /// Tegata's own.
    fn default() -> Self {
        let service_name = "Tegata".to_owned();
        Self { service_name, logo_url: None, palette: Palette::default(), radius: None }
    }
}

/// The stylesheet of a theme, which comes after that of all pages. It is empty for the default.
pub fn theme_css(theme: &Theme) -> String {
    let light = theme.palette.declarations(|pair| pair.light);
    let dark = theme.palette.declarations(|pair| pair.dark);
    let mut css = String::new();
    if let Some(radius) = &theme.radius {
        let _ = writeln!(css, ":root {{\n  --radius: {radius};\n}}");
    }
    if !light.is_empty() {
        let _ = writeln!(css, ":root {{\n{light}}}");
        let _ = writeln!(css, "@media (prefers-color-scheme: dark) {{\n:root {{\n{dark}}}\n}}");
    }
    css
}

impl Palette {
    /// What a colour is, set or not.
    fn pair(&self, name: &str) -> Option<Pair> {
        if name == "error" {
            return Pair::parse(BAD);
        }
        let (variable, set) = VARIABLES.iter().zip(self.0).find(|(variable, _)| variable.name == name)?;
        set.or_else(|| Pair::parse(variable.default))
    }

    fn is_set(&self, names: &[&str]) -> bool {
        VARIABLES.iter().zip(self.0).any(|(variable, set)| set.is_some() && names.contains(&variable.name))
    }

    fn check_contrasts(&self, problems: &mut Vec<ThemeProblem>) {
        for (above, below, ratio, needs) in CONTRASTS {
            let (Some(top), Some(ground)) = (self.pair(above), self.pair(below)) else { continue };
            let schemes = [("light", top.light, ground.light), ("dark", top.dark, ground.dark)];
            for (scheme, top, ground) in schemes {
                let contrast = top.contrast(ground);
                if contrast < ratio {
                    // Rounded down, so that it never looks like enough.
                    let has = format!("{:.1}", (contrast * 10.0).floor() / 10.0);
                    problems.push(ThemeProblem::LowContrast { above, below, scheme, has, needs });
                }
            }
        }
    }

    /// What is set, and what follows from it.
    fn declarations(&self, scheme: impl Fn(Pair) -> Colour) -> String {
        let mut css = String::new();
        for (variable, set) in VARIABLES.iter().zip(self.0) {
            if let Some(pair) = set {
                let _ = writeln!(css, "  {}: {};", variable.property, scheme(pair));
            }
        }
        let colour = |name| self.pair(name).map(&scheme);
        if self.is_set(&["accent", "accent-text"])
            && let (Some(accent), Some(text)) = (colour("accent"), colour("accent-text"))
        {
            // Below the pointer a button moves away from its text, so that contrast only grows.
            let _ = writeln!(css, "  --seal-deep: {};", accent.away_from(text));
        }
        if self.is_set(&["background", "surface", "text"])
            && let (Some(surface), Some(text)) = (colour("surface"), colour("text"))
        {
            // The hills are ours, in the colour of our paper: on another's there are none.
            let _ = writeln!(css, "  --line: {};\n  --hills: transparent;", surface.mix(text, 16));
        }
        css
    }
}

fn parse_radius(value: &str) -> Option<String> {
    let pixels: u8 = value.strip_suffix("px")?.parse().ok()?;
    (pixels <= 32 && value == format!("{pixels}px")).then(|| value.to_owned())
}

fn variable_names() -> String {
    let mut names: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
    names.push(RADIUS);
    names.join(", ")
}

#[cfg(test)]
mod tests;
