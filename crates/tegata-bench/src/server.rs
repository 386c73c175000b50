//! The servers under test, each a process of its own, so that its CPU time is its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::client::Error;
use crate::cpu;

/// A server that ends with this value.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts the release binary on a data directory.
    pub(crate) fn tegata(data_dir: &Path, settings: &[&str]) -> Result<Self, Error> {
        let mut command = Command::new(sibling("tegata")?);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data_dir);
        for setting in settings {
            command.args(["--set", setting]);
        }
        Self::start(&mut command)
    }

    /// Starts this benchmark's own binary in one of its serving modes.
    pub(crate) fn own(mode: &str) -> Result<Self, Error> {
        Self::start(Command::new(std::env::current_exe()?).arg(mode))
    }

    /// Starts a server for Node.js, with these variables in its environment.
    pub(crate) fn node(script: &str, environment: &[(&str, &str)]) -> Result<Self, Error> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
        // As it would run, and without warnings about what only a test would do.
        let production = [("NODE_ENV", "production")];
        let environment = environment.iter().chain(&production).copied();
        Self::start(Command::new("node").arg(script).envs(environment))
    }

    fn start(command: &mut Command) -> Result<Self, Error> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = loop {
            let line = lines.next().ok_or("the server ended before it was ready")??;
            if let Some((_, rest)) = line.split_once("ready at http://") {
                break rest.trim().parse()?;
            }
        };
        // What it goes on to print is read and dropped, so that it never waits for a reader.
        std::thread::spawn(move || lines.count());
        Ok(Self { child, address })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn cpu_time(&self) -> Result<f64, Error> {
        Ok(cpu::process_time(self.pid())?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The path of a binary beside this one.
pub(crate) fn sibling(name: &str) -> Result<PathBuf, Error> {
    built(std::env::current_exe()?.with_file_name(name), name)
}

/// The path of a function, built as it is for AWS.
pub(crate) fn function(name: &str) -> Result<PathBuf, Error> {
    let own = std::env::current_exe()?;
    let target = own.ancestors().nth(2).ok_or("this binary is in no folder of a profile")?;
    built(target.join("lambda/x86_64").join(name).join("bootstrap"), name)
}

fn built(path: PathBuf, name: &str) -> Result<PathBuf, Error> {
    if path.exists() {
        Ok(path)
    } else {
        Err(format!("{name} is not built: `cargo xtask bench` does it").into())
    }
}
