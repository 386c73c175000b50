//! The types that only the server's settings have.

use tegata_settings::{Raw, Value};
use tracing_subscriber::EnvFilter;

use super::{Durability, LogFormat};

/// One text, or the reason why there is none.
fn one(raw: &Raw) -> Result<&str, String> {
    match raw {
        Raw::One(text) => Ok(text.trim()),
        Raw::List(_) => Err("must be one value, not a list".to_owned()),
    }
}

impl Value for Durability {
    const TYPE: &'static str = "one of `full`, `normal`";

    fn parse(raw: &Raw) -> Result<Self, String> {
        match one(raw)? {
            "full" => Ok(Self::Full),
            "normal" => Ok(Self::Normal),
            _ => Err("must be one of full, normal".to_owned()),
        }
    }

    fn show(&self) -> Option<String> {
        Some(
            match self {
                Self::Full => "full",
                Self::Normal => "normal",
            }
            .to_owned(),
        )
    }
}

impl Value for LogFormat {
    const TYPE: &'static str = "one of `json`, `text`";

    fn parse(raw: &Raw) -> Result<Self, String> {
        match one(raw)? {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err("must be one of json, text".to_owned()),
        }
    }

    fn show(&self) -> Option<String> {
        Some(
            match self {
                Self::Json => "json",
                Self::Text => "text",
            }
            .to_owned(),
        )
    }
}

/// Which log lines are written: a level, or directives such as `info,tegata_http=debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogLevel(String);

impl LogLevel {
    pub(crate) fn directives(&self) -> &str {
        &self.0
    }
}

impl Default for LogLevel {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl Value for LogLevel {
    const TYPE: &'static str = "level";

    fn parse(raw: &Raw) -> Result<Self, String> {
        // Commas separate directives here, not values.
        let text = match raw {
            Raw::One(text) => text.clone(),
            Raw::List(texts) => texts.join(","),
        };
        // A lone word that is no level would be read as the name of a module, and then nothing is ever logged.
        let is_word = text.bytes().all(|b| b.is_ascii_alphabetic());
        if is_word && text.parse::<tracing::level_filters::LevelFilter>().is_err()
            || EnvFilter::builder().parse(&text).is_err()
        {
            return Err(
                "must be off, error, warn, info, debug or trace, or directives such as info,tegata_http=debug"
                    .to_owned(),
            );
        }
        Ok(Self(text))
    }

    fn show(&self) -> Option<String> {
        Some(self.0.clone())
    }
}
