//! Asking the person at the terminal.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The terminal, whatever standard input and output are connected to.
pub(super) struct Terminal(File);

impl Terminal {
    /// Opens it; `otherwise` is what to do where there is none.
    pub(super) fn open(otherwise: &str) -> Result<Self, Failure> {
        File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .map(Self)
            .map_err(|_| Failure::new("there is no terminal to ask at").advise(otherwise))
    }

    /// Asks for a line.
    pub(super) fn ask(&mut self, question: &str) -> Result<String, Failure> {
        self.read(question).map_err(failed)
    }

    /// Asks for a line that is not shown while it is typed.
    pub(super) fn ask_secretly(&mut self, question: &str) -> Result<Zeroizing<String>, Failure> {
        let shown = tcgetattr(&self.0).map_err(failed)?;
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&self.0, OptionalActions::Flush, &hidden).map_err(failed)?;
        // Also when reading fails, the terminal shows again what is typed.
        let _restored = Restore { terminal: self.0.try_clone().map_err(failed)?, modes: shown };
        let line = self.read(question).map_err(failed)?;
        let _ = writeln!(self.0);
        Ok(Zeroizing::new(line))
    }

    fn read(&mut self, question: &str) -> std::io::Result<String> {
        write!(self.0, "{question}")?;
        let mut line = String::new();
        BufReader::new(&self.0).read_line(&mut line)?;
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        Ok(line)
    }
}

struct Restore {
    terminal: File,
    modes: Termios,
}

impl Drop for Restore {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.modes);
    }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(format_args!("the terminal does not answer: {error}"))
}
