//! How values are written: each type reads its text and shows itself in the same form.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use tegata_core::attributes::AttributeName;
use tegata_core::claims::MappedClaim;
use tegata_core::scope::Scope;
use tegata_core::settings::{DpopNonces, RegistrationMode, RegistrationToken};
use tegata_http::MetricsAccess;
use tegata_jose::Algorithm;

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raw {
    /// One text.
    One(String),
    /// Several, from a list in a file.
    List(Vec<String>),
}

/// A type that a setting can have.
pub trait Value: Sized {
    /// Its name in the documentation.
    const TYPE: &'static str;

    /// Reads a value.
    ///
    /// # Errors
    /// What is wrong with it and what would be right, to follow "`value`: ".
    fn parse(raw: &Raw) -> Result<Self, String>;

    /// The value as an operator would write it; `None` when nothing is set.
    fn show(&self) -> Option<String>;
}

/// The type of what is repeated in no message.
pub const SECRET: &str = "secret";

/// One text, or the reason why there is none.
fn one(raw: &Raw) -> Result<&str, String> {
    match raw {
        Raw::One(text) => Ok(text.trim()),
        Raw::List(_) => Err("must be one value, not a list".to_owned()),
    }
}

impl Value for Duration {
    const TYPE: &'static str = "duration";

    fn parse(raw: &Raw) -> Result<Self, String> {
        let text = one(raw)?;
        let usual = text.replace(' ', "");
        // `humantime` also reads months and years, whose length nobody agrees on.
        let has_vague_unit = ["month", "year", "y", "M"].iter().any(|unit| usual.contains(unit));
        match humantime::parse_duration(&usual) {
            Ok(duration) if !has_vague_unit => Ok(duration),
            _ => Err("must be a number with a unit, such as 30s, 15m, 12h or 7d".to_owned()),
        }
    }

    fn show(&self) -> Option<String> {
        let secs = self.as_secs();
        let units = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
        // Two days are `2d`, one day `24h`: what people say.
        let unit = units.into_iter().find(|(size, name)| {
            secs.is_multiple_of(*size) && secs >= *size && (*name != "d" || secs > 86_400)
        });
        Some(match unit {
            Some((size, name)) if self.subsec_nanos() == 0 => format!("{}{name}", secs / size),
            _ => format!("{}ms", self.as_millis()),
        })
    }
}

impl Value for bool {
    const TYPE: &'static str = "true or false";

    fn parse(raw: &Raw) -> Result<Self, String> {
        one(raw)?.parse().map_err(|_| "must be true or false".to_owned())
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for u32 {
    const TYPE: &'static str = "number";

    fn parse(raw: &Raw) -> Result<Self, String> {
        one(raw)?.parse().map_err(|_| format!("must be a whole number between 0 and {}", Self::MAX))
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for usize {
    const TYPE: &'static str = "number";

    fn parse(raw: &Raw) -> Result<Self, String> {
        u32::parse(raw)?.try_into().map_err(|_| "is too large for this machine".to_owned())
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for String {
    const TYPE: &'static str = "text";

    fn parse(raw: &Raw) -> Result<Self, String> {
        let text = one(raw)?;
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err("must not be empty and not hold control characters".to_owned());
        }
        Ok(text.to_owned())
    }

    fn show(&self) -> Option<String> {
        Some(self.clone())
    }
}

impl Value for PathBuf {
    const TYPE: &'static str = "path";

    fn parse(raw: &Raw) -> Result<Self, String> {
        String::parse(raw).map(Self::from)
    }

    fn show(&self) -> Option<String> {
        Some(self.display().to_string())
    }
}

impl Value for SocketAddr {
    const TYPE: &'static str = "address and port";

    fn parse(raw: &Raw) -> Result<Self, String> {
        let text = one(raw)?;
        let text =
            text.strip_prefix("localhost:").map_or(text.to_owned(), |port| format!("127.0.0.1:{port}"));
        text.parse().map_err(|_| {
            "must be an IP address and a port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080".to_owned()
        })
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for IpNet {
    const TYPE: &'static str = "network";

    fn parse(raw: &Raw) -> Result<Self, String> {
        let text = one(raw)?;
        text.parse()
            .or_else(|_| text.parse::<std::net::IpAddr>().map(Self::from))
            .map_err(|_| "must be an address or a network, such as 10.0.0.1 or 10.0.0.0/8".to_owned())
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for Algorithm {
    const TYPE: &'static str = "one of `ES256`, `RS256`, `EdDSA`";

    fn parse(raw: &Raw) -> Result<Self, String> {
        one(raw)?
            .parse()
            .ok()
            .filter(|algorithm: &Self| algorithm.can_sign())
            .ok_or_else(|| "must be one of ES256, RS256, EdDSA".to_owned())
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for Scope {
    const TYPE: &'static str = "scope";

    fn parse(raw: &Raw) -> Result<Self, String> {
        one(raw)?
            .parse()
            .map_err(|_| "must be scope tokens with one space between (RFC 6749 §3.3)".to_owned())
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// Settings that are one of a few words.
macro_rules! one_of_words {
    ($($type:ident, $words:literal: $($variant:ident => $word:literal),+;)+) => {$(
        impl Value for $type {
            const TYPE: &'static str = $words;

            fn parse(raw: &Raw) -> Result<Self, String> {
                one(raw)?.parse().map_err(str::to_owned)
            }

            fn show(&self) -> Option<String> {
                Some(match self { $(Self::$variant => $word),+ }.to_owned())
            }
        }
    )+};
}

one_of_words! {
    MetricsAccess, "one of `off`, `loopback`, `anyone`": Off => "off", Loopback => "loopback", Anyone => "anyone";
    RegistrationMode, "one of `off`, `token`, `open`": Off => "off", Token => "token", Open => "open";
    DpopNonces, "one of `off`, `offered`, `required`": Off => "off", Offered => "offered", Required => "required";
}

impl Value for RegistrationToken {
    const TYPE: &'static str = SECRET;

    fn parse(raw: &Raw) -> Result<Self, String> {
        one(raw)?.parse().map_err(str::to_owned)
    }

    /// Never.
    fn show(&self) -> Option<String> {
        None
    }
}

impl Value for AttributeName {
    const TYPE: &'static str = "name";

    fn parse(raw: &Raw) -> Result<Self, String> {
        one(raw)?.parse().map_err(str::to_owned)
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for MappedClaim {
    const TYPE: &'static str = "claim";

    fn parse(raw: &Raw) -> Result<Self, String> {
        one(raw)?.parse().map_err(str::to_owned)
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// A variable of a style sheet, and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CssVariable(pub String, pub String);

impl Value for CssVariable {
    const TYPE: &'static str = "name and value";

    fn parse(raw: &Raw) -> Result<Self, String> {
        match one(raw)?.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                Ok(Self(name.trim().to_owned(), value.trim().to_owned()))
            }
            _ => Err("must be a name, an equals sign and a value, such as accent=#004080".to_owned()),
        }
    }

    fn show(&self) -> Option<String> {
        Some(format!("{}={}", self.0, self.1))
    }
}

/// An amount of memory, in kibibytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KibiBytes(pub u32);

impl KibiBytes {
    /// In bytes.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX).saturating_mul(1024)
    }
}

impl Value for KibiBytes {
    const TYPE: &'static str = "size";

    fn parse(raw: &Raw) -> Result<Self, String> {
        let text = one(raw)?;
        let number =
            |unit| text.strip_suffix(unit).and_then(|number: &str| number.trim().parse::<u32>().ok());
        number("KiB")
            .or_else(|| number("MiB")?.checked_mul(1024))
            .map(Self)
            .ok_or_else(|| "must be a number of mebibytes or kibibytes, such as 19MiB".to_owned())
    }

    fn show(&self) -> Option<String> {
        Some(if self.0.is_multiple_of(1024) {
            format!("{}MiB", self.0 / 1024)
        } else {
            format!("{}KiB", self.0)
        })
    }
}

impl<T: Value> Value for Option<T> {
    const TYPE: &'static str = T::TYPE;

    fn parse(raw: &Raw) -> Result<Self, String> {
        T::parse(raw).map(Some)
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }
}

/// In variables and flags the parts of a list are separated by commas.
impl<T: Value> Value for Vec<T> {
    const TYPE: &'static str = "list";

    fn parse(raw: &Raw) -> Result<Self, String> {
        let split = |text: &String| -> Vec<String> {
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        let parts = match raw {
            Raw::List(parts) => parts.clone(),
            Raw::One(text) => split(text),
        };
        parts
            .into_iter()
            .map(|part| T::parse(&Raw::One(part.clone())).map_err(|problem| format!("`{part}` {problem}")))
            .collect()
    }

    fn show(&self) -> Option<String> {
        Some(format!("[{}]", self.iter().filter_map(T::show).collect::<Vec<_>>().join(", ")))
    }
}
