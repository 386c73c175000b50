//! What the function says about its work: one JSON line each. Never any part of a token or of an event.

use std::fmt::Display;
use std::io::Write as _;
use std::panic;

use serde::Serialize;

/// How much is said: the function's logging configuration, `AWS_LAMBDA_LOG_LEVEL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Log {
    /// Only why the function does not start.
    Fatal,
    /// Requests that got no answer, which is our fault.
    Error,
    /// Keys that could not be fetched.
    #[default]
    Warn,
    /// Why a request was refused.
    Debug,
}

#[derive(Serialize)]
struct Line<'l> {
    level: &'static str,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<&'l str>,
    reason: &'l str,
}

impl Log {
    /// The level with this name in Lambda's notation.
    pub fn at_level(name: &str) -> Self {
        match name {
            "TRACE" | "DEBUG" => Self::Debug,
            "ERROR" => Self::Error,
            "FATAL" => Self::Fatal,
            _ => Self::Warn,
        }
    }

    /// A request was refused.
    pub(crate) fn refused(self, reason: &dyn Display) {
        if self >= Self::Debug {
            write(&Line { level: "DEBUG", message: "refused", issuer: None, reason: &reason.to_string() });
        }
    }

    /// A request got no answer.
    pub(crate) fn failed(self, reason: &dyn Display) {
        if self >= Self::Error {
            write(&Line { level: "ERROR", message: "no answer", issuer: None, reason: &reason.to_string() });
        }
    }

    /// An issuer's keys could not be fetched.
    pub(crate) fn fetch_failed(self, issuer: &str, reason: &dyn Display) {
        if self >= Self::Warn {
            let reason = reason.to_string();
            write(&Line {
                level: "WARN",
                message: "keys not fetched",
                issuer: Some(issuer),
                reason: &reason,
            });
        }
    }
}

/// A setting is not valid; the function does not start.
pub(crate) fn invalid_setting(problem: &str) {
    write(&Line { level: "ERROR", message: "setting is not valid", issuer: None, reason: problem });
}

/// A panic's own message can quote what it stumbled over, so only its place is told.
pub(crate) fn tell_only_the_place_of_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        write(&Line { level: "ERROR", message: "panic", issuer: None, reason: &place });
    }));
}

fn write(line: &Line<'_>) {
    if let Ok(mut json) = serde_json::to_vec(line) {
        json.push(b'\n');
        // Nobody is left to tell that telling failed.
        let _ = std::io::stderr().write_all(&json);
    }
}
