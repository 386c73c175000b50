//! Why a function does not start, in one line.

use std::error::Error;
use std::fmt;
use std::io::Write as _;

use serde_json::json;
use tegata_http::{Clock as _, SystemClock};

/// Why a function does not start: one line for the person who deployed it, without any secret.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure and what led to it.
    pub fn new(what: impl fmt::Display, cause: &(dyn Error + 'static)) -> Self {
        Self(format!("{what}: {}", chain(cause)))
    }

    /// A failure that needs no explanation.
    pub fn plain(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }

    /// Writes it to standard error, as a line of JSON like the rest of the log.
    pub(crate) fn report(&self, function: &str) {
        let line = json!({
            "timestamp": SystemClock.now().to_rfc3339(),
            "level": "ERROR",
            "function": function,
            "message": format!("the function cannot start: {}", self.0),
        });
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failure {}

/// An error and everything below it, each said once, in one line.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let part = error.to_string();
        // Errors of the SDK repeat what is below them.
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        below = error.source();
    }
    text.replace(['\n', '\r'], " ")
}
