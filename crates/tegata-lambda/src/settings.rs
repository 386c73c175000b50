//! What an operator decides about the functions: read from their environment, once, when they start.
//!
//! The names without a section are the functions' own. Those with one are the server's, written as the server reads them,
//! and mean the same.

mod check;
mod origin_secrets;
mod table;

use std::fmt;

use tegata_http::{HttpSettings, MetricsAccess};
use tegata_settings::{CssVariable, KibiBytes, Raw};
use tegata_store_dynamodb::Tables;

pub use origin_secrets::OriginSecrets;
pub use table::{SETTINGS, Setting};

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The public address: the `iss` of all tokens.
    issuer: Option<String>,
    /// The issuer when not set.
    audience: Option<String>,
    /// Where things are kept.
    pub tables: Tables,
    /// The KMS key that wraps the master key.
    pub kms_key_id: Option<String>,
    /// What the distribution in front of us sends along, to show that it is it.
    pub origin_secret: Option<OriginSecrets>,
    allowed_origins: Vec<String>,
    /// The functions that are given the public keys.
    pub authorizer_function: Vec<String>,
    /// On the pages of the OpenID Provider.
    logo_url: Option<String>,
    /// Colours of those pages.
    css_variables: Vec<CssVariable>,
    /// The rules. Their issuer and audience are only known when all is read, see [`Settings::core`].
    rules: tegata_core::settings::Settings,
    /// What a password hash costs.
    pub passwords: HashCost,
}

/// What a password hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// Argon2id `m`.
    pub memory: KibiBytes,
    /// Argon2id `t`.
    pub iterations: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            issuer: None,
            audience: None,
            tables: Tables::default(),
            kms_key_id: None,
            origin_secret: None,
            allowed_origins: Vec::new(),
            authorizer_function: Vec::new(),
            logo_url: None,
            css_variables: Vec::new(),
            rules: tegata_core::settings::Settings::new(""),
            passwords: HashCost { memory: KibiBytes(19 * 1024), iterations: 2 },
        }
    }
}

impl Settings {
    /// Reads, parses and checks the environment.
    ///
    /// # Errors
    /// All problems at once.
    pub fn load(environment: impl IntoIterator<Item = (String, String)>) -> Result<Self, Problems> {
        let mut settings = Self::default();
        let mut problems = Vec::new();
        for (variable, value) in environment {
            let Some(name) = variable.strip_prefix("TEGATA_") else { continue };
            let key = name.to_lowercase().replace("__", ".");
            let text = match Setting::find(SETTINGS, &key) {
                // The spelling is the name's too: `TEGATA_Issuer` would be read here and nowhere else.
                Some(setting) if setting.variable() == variable => {
                    let Err(text) = (setting.apply)(&mut settings, &Raw::One(value)) else { continue };
                    text
                }
                _ => unknown(&key),
            };
            problems.push(Problem { variable, text });
        }
        for (key, text) in check::problems(&settings) {
            let variable = Setting::find(SETTINGS, key).map_or_else(|| key.to_owned(), Setting::variable);
            // What could not even be read was left at its default, of which there is nothing to say.
            if !problems.iter().any(|known| known.variable == variable) {
                problems.push(Problem { variable, text });
            }
        }
        if problems.is_empty() { Ok(settings) } else { Err(Problems(problems)) }
    }

    /// The settings of the rules.
    pub fn core(&self) -> tegata_core::settings::Settings {
        let mut rules = self.rules.clone();
        rules.issuer = self.issuer.clone().unwrap_or_default();
        rules.tokens.audience = self.audience.clone().unwrap_or_else(|| rules.issuer.clone());
        rules
    }

    /// The settings of the HTTP side. No proxy is trusted: who the client is comes with the event, not with a header.
    pub fn http(&self) -> HttpSettings {
        let mut http = HttpSettings::new(self.issuer.as_deref().unwrap_or_default());
        http.allowed_origins.clone_from(&self.allowed_origins);
        // What one of many short-lived processes has counted is nobody's figure.
        http.metrics = MetricsAccess::Off;
        http.logo_url.clone_from(&self.logo_url);
        let variable = |CssVariable(name, value): &CssVariable| (name.clone(), value.clone());
        http.css_variables = self.css_variables.iter().map(variable).collect();
        http
    }
}

/// A variable of ours that nothing reads: a slip of the pen, or a setting that only a server has.
fn unknown(key: &str) -> String {
    let undotted = |setting: &&Setting| setting.key.replace('.', "_") == key;
    match SETTINGS.iter().find(undotted) {
        Some(setting) => format!("write it {}", setting.variable()),
        None => "is no setting of a function".to_owned(),
    }
}

/// Something wrong with a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its name, as it was written.
    pub variable: String,
    /// What is wrong, and what would be right. Never the value of a secret.
    pub text: String,
}

/// Everything that is wrong with the environment, in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the environment is not acceptable: ")?;
        for (i, Problem { variable, text }) in self.0.iter().enumerate() {
            write!(f, "{}{variable} {text}", if i == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
