//! The types that only the server's settings have.

use tegata_settings::{Raw, Value};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

use super::{Durability, LogFormat, StoreKind};

/// One text, or the reason why there is none.
fn one(raw: &Raw) -> Result<&str, String> {
    match raw {
        Raw::One(text) => Ok(text.trim()),
        Raw::List(_) => Err("must be one value, not a list".to_owned()),
    }
}

impl Value for StoreKind {
    const TYPE: &'static str = "one of `sqlite`, `dynamodb`";

    fn parse(raw: &Raw) -> Result<Self, String> {
        match one(raw)? {
            "sqlite" => Ok(Self::Sqlite),
            "dynamodb" => Ok(Self::DynamoDb),
            _ => Err("must be one of sqlite, dynamodb".to_owned()),
        }
    }

    fn show(&self) -> Option<String> {
        Some(
            match self {
                Self::Sqlite => "sqlite",
                Self::DynamoDb => "dynamodb",
            }
            .to_owned(),
        )
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
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LogLevel {
    /// As it was written.
    text: String,
    targets: Targets,
}

impl LogLevel {
    pub(crate) fn targets(&self) -> Targets {
        self.targets.clone()
    }
}

impl Default for LogLevel {
    fn default() -> Self {
        Self { text: "info".to_owned(), targets: Targets::new().with_default(LevelFilter::INFO) }
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
        // A lone word that is no level would be read as the name of a module, and then nothing is ever logged. The same
        // goes for spans and fields in brackets, which only a larger filter knows.
        let is_word = text.bytes().all(|b| b.is_ascii_alphabetic());
        let is_readable = !(is_word && text.parse::<LevelFilter>().is_err() || text.contains('['));
        // Nothing between two commas is nothing; a filter would read it as a level.
        let directives: Vec<_> = text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
        match directives.join(",").parse() {
            Ok(targets) if is_readable => Ok(Self { text, targets }),
            _ => Err(
                "must be off, error, warn, info, debug or trace, or directives such as info,tegata_http=debug"
                    .to_owned(),
            ),
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.text.clone())
    }
}
