//! How the pages of one operator look.

use crate::url::web_url_or_path;

/// What an operator may change, by the names of the variables in the stylesheet.
const VARIABLES: [&str; 14] = [
    "paper",
    "surface",
    "surface-sunk",
    "ink",
    "ink-soft",
    "line",
    "line-strong",
    "seal",
    "seal-deep",
    "seal-ink",
    "accent",
    "focus",
    "hills",
    "radius",
];
/// The longest value of a variable, in bytes.
const MAX_VALUE: usize = 100;

/// The name, the logo and the colours of a service. Nothing in it can reach beyond the value of a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    service_name: String,
    logo_url: Option<String>,
    variables: Vec<(String, String)>,
}

/// What is wrong with a theme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeProblem {
    /// The logo is neither at an address of the web nor a path on this server.
    #[error("the logo has to be at an http(s) address, or a path that begins with /")]
    Logo,
    /// There is no such variable.
    #[error("there is no variable `{0}`; there are {list}", list = VARIABLES.join(", "))]
    UnknownVariable(String),
    /// A value that is no colour and no length.
    #[error("the value of `{0}` may have letters, digits, spaces and # . , % ( ) / - only")]
    Value(String),
}

impl Theme {
    /// A theme.
    ///
    /// # Errors
    /// [`ThemeProblem`]
    pub fn new(
        service_name: impl Into<String>,
        logo_url: Option<String>,
        variables: Vec<(String, String)>,
    ) -> Result<Self, ThemeProblem> {
        if logo_url.as_deref().is_some_and(|url| web_url_or_path(url).is_none()) {
            return Err(ThemeProblem::Logo);
        }
        for (name, value) in &variables {
            if !VARIABLES.contains(&name.as_str()) {
                return Err(ThemeProblem::UnknownVariable(name.clone()));
            }
            if !is_value(value) {
                return Err(ThemeProblem::Value(name.clone()));
            }
        }
        Ok(Self { service_name: service_name.into(), logo_url, variables })
    }

    /// The name of the service.
    pub fn service_name(&self) -> &str {
        &self.service_name
    }

    /// Where the logo is.
    pub fn logo_url(&self) -> Option<&str> {
        self.logo_url.as_deref()
    }
}

/// A colour or a length: nothing that ends a declaration, and no `url(`, which would load something.
fn is_value(value: &str) -> bool {
    (1..=MAX_VALUE).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"#.,%()/- ".contains(&byte))
        && !value.to_ascii_lowercase().contains("url")
        && !value.contains("//")
        && !value.contains("/*")
}

/// The stylesheet that changes what the operator wants changed.
pub fn theme_css(theme: &Theme) -> String {
    if theme.variables.is_empty() {
        return String::new();
    }
    let mut css = String::from(":root {\n");
    for (name, value) in &theme.variables {
        for part in ["  --", name, ": ", value, ";\n"] {
            css.push_str(part);
        }
    }
    css.push_str("}\n");
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Result<Theme, ThemeProblem> {
        Theme::new("Acme", None, vec![(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn an_operator_changes_colours() {
        let theme = with("seal", "light-dark(#004080, rgb(10 20 30 / 80%))").unwrap();
        assert_eq!(theme_css(&theme), ":root {\n  --seal: light-dark(#004080, rgb(10 20 30 / 80%));\n}\n");
        assert_eq!(theme_css(&Theme::default()), "");
    }

    #[test]
    fn a_value_is_a_value_and_nothing_else() {
        assert!(matches!(with("unknown", "red"), Err(ThemeProblem::UnknownVariable(_))));
        for bad in ["", "red; } body { display: none", "url(https://evil.example/)", "red /* x", "a\\b"] {
            assert!(matches!(with("seal", bad), Err(ThemeProblem::Value(_))), "{bad}");
        }
        let logo = |url: &str| Theme::new("Acme", Some(url.to_owned()), Vec::new());
        assert_eq!(logo("javascript:alert(1)"), Err(ThemeProblem::Logo));
        assert!(logo("/logo.svg").is_ok() && logo("https://cdn.example/logo.svg").is_ok());
    }

    #[test]
    fn every_variable_is_one_of_the_stylesheet() {
        for name in VARIABLES {
            assert!(crate::STYLESHEET.contains(&format!("  --{name}: ")), "{name}");
        }
    }
}
