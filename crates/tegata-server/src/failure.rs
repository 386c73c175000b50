//! How a command ends that could not do its work.

use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

use tegata_core::error::ProviderError;

use crate::settings::Problems;

/// Why a command ended, in a sentence for the person who gave it, and what they can do about it.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    message: String,
    advice: Option<String>,
}

/// The exit code. `2`, the wrong use of the command line, is clap's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It could not be done.
    NotDone = 1,
    /// The settings are wrong or unsafe; nothing was touched.
    Settings = 3,
    /// It was checked, and found wrong.
    CheckFailed = 4,
}

impl Failure {
    /// It could not be done.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { kind: Kind::NotDone, message: message.to_string(), advice: None }
    }

    /// A check that was asked for has found something.
    pub(crate) fn check_failed(message: impl fmt::Display) -> Self {
        Self { kind: Kind::CheckFailed, ..Self::new(message) }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn advise(mut self, advice: impl fmt::Display) -> Self {
        self.advice = Some(advice.to_string());
        self
    }

    /// Tells the person and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr(), "{self}");
        ExitCode::from(self.kind as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if let Some(advice) = &self.advice {
            write!(f, "\n  help: {advice}")?;
        }
        Ok(())
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self { kind: Kind::Settings, ..Self::new(problems) }
            .advise("`tegata settings` lists every setting with its default")
    }
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        match &error {
            ProviderError::InvalidFields(fields) => {
                let fields: Vec<_> =
                    fields.iter().map(|bad| format!("the {} {}", bad.field, bad.error)).collect();
                Self::new(fields.join("; "))
            }
            _ => Self::new(Chain(&error)),
        }
    }
}

/// An error with everything that led to it.
pub struct Chain<'e>(pub &'e dyn std::error::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
