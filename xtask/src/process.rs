//! Other programs: said before they start, and named when they fail.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{self, Stdio};

use crate::Result;
use crate::workspace::root;

/// A program to run at the root of the repository.
pub(crate) struct Command {
    inner: process::Command,
    shown: String,
}

/// `cargo` with these arguments.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Command { inner: process::Command::new(program), shown: "cargo".to_owned() }.at_root().args(arguments)
}

impl Command {
    pub(crate) fn new(program: &str) -> Self {
        Self { inner: process::Command::new(program), shown: program.to_owned() }.at_root()
    }

    /// `npm` with these arguments.
    pub(crate) fn npm(arguments: &[&str]) -> Self {
        Self::new(if cfg!(windows) { "npm.cmd" } else { "npm" }).args(arguments)
    }

    fn at_root(mut self) -> Self {
        self.inner.current_dir(root());
        self
    }

    /// In this folder instead of the root.
    pub(crate) fn in_folder(mut self, folder: &Path) -> Self {
        self.inner.current_dir(folder);
        self
    }

    pub(crate) fn args<S: AsRef<str>>(mut self, arguments: &[S]) -> Self {
        for argument in arguments {
            let argument = argument.as_ref();
            self.inner.arg(argument);
            self.shown.push(' ');
            self.shown.push_str(argument);
        }
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.inner.env(name, value);
        self
    }

    /// Without the settings of Tegata that the developer's environment may hold.
    pub(crate) fn without_settings(mut self) -> Self {
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TEGATA_"))
        {
            self.inner.env_remove(name);
        }
        self
    }

    /// With these variables and no others.
    pub(crate) fn only_environment<'v>(
        mut self,
        variables: impl IntoIterator<Item = (&'v str, &'v str)>,
    ) -> Self {
        self.inner.env_clear().envs(variables);
        self
    }

    /// Runs it to its end; what it prints goes to the terminal.
    pub(crate) fn run(mut self) -> Result {
        println!("$ {}", self.shown);
        let status = self.inner.status().map_err(|e| self.cannot_start(&e))?;
        if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", self.shown).into()) }
    }

    /// Runs it to its end and gives what it printed.
    pub(crate) fn output(mut self) -> Result<String> {
        let output = self.inner.stdin(Stdio::null()).output().map_err(|e| self.cannot_start(&e))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("`{}` failed ({}): {}", self.shown, output.status, said.trim()).into())
        }
    }

    /// Runs it with this text as its input, and gives what it printed; its errors go to the terminal.
    pub(crate) fn output_of(mut self, input: &str) -> Result<String> {
        use std::io::Write as _;
        let mut child = self
            .inner
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| self.cannot_start(&e))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes())?;
        }
        let output = child.wait_with_output()?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(printed)
        } else {
            Err(format!("`{}` failed ({}); it printed:\n{printed}", self.shown, output.status).into())
        }
    }

    /// Starts it and leaves it running, its output in our hands.
    pub(crate) fn spawn_piped(mut self) -> Result<process::Child> {
        self.inner
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| self.cannot_start(&e).into())
    }

    /// Starts it as the leader of a process group, so that its children can be ended with it; what it prints goes to a file.
    pub(crate) fn spawn_group(mut self, log: &Path) -> Result<process::Child> {
        let output = File::create(log)?;
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut self.inner, 0);
        self.inner
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|e| self.cannot_start(&e).into())
    }

    /// Starts it and leaves it running; what it prints goes nowhere.
    pub(crate) fn spawn_quiet(mut self) -> Result<process::Child> {
        self.inner
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| self.cannot_start(&e).into())
    }

    /// Becomes it, where the system can, so that signals reach it.
    pub(crate) fn replace_process(mut self) -> Result {
        println!("$ {}", self.shown);
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            let error = self.inner.exec();
            Err(self.cannot_start(&error).into())
        }
        #[cfg(not(unix))]
        {
            let status = self.inner.status().map_err(|e| self.cannot_start(&e))?;
            process::exit(status.code().unwrap_or(1))
        }
    }

    fn cannot_start(&self, error: &std::io::Error) -> String {
        format!("`{}` cannot be started: {error}", self.shown)
    }
}

/// Whether there is such a program and it runs.
pub(crate) fn works(program: impl AsRef<OsStr>, arguments: &[&str]) -> bool {
    process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
