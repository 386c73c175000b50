//! The binary `tegata`, built and started for a check.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Child;
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, thread};

use crate::process::{Command, cargo};
use crate::workspace::root;
use crate::{Result, workspace};

/// Its package. It is built alone: together with others it would get their features, among them the HTTP/2 of an SDK that it
/// does not link.
pub(crate) const PACKAGE: &str = "tegata-server";

/// The package of the program that `tegata` becomes where it is asked for DynamoDB.
const WITH_DYNAMODB: &str = "tegata-server-dynamodb";

/// Builds it.
pub(crate) fn build() -> Result {
    cargo(&["build", "--package", PACKAGE]).run()
}

/// The package to run for these arguments: what is not asked for DynamoDB need not wait for its SDK.
pub(crate) fn package(arguments: &[String]) -> &'static str {
    let asks = |text: &str| text.contains("dynamodb");
    let is_asked = arguments.iter().any(|argument| asks(argument))
        || std::env::var("TEGATA_STORE__KIND").is_ok_and(|kind| asks(&kind))
        // The files that the server would read.
        || arguments
            .iter()
            .filter_map(|argument| argument.rsplit('=').next())
            .chain(["tegata.toml"])
            .any(|file| workspace::read(file).is_ok_and(|settings| asks(&settings)));
    if is_asked { WITH_DYNAMODB } else { PACKAGE }
}

/// Where it is: beside this program, which is built into the same folder.
pub(crate) fn binary() -> Result<PathBuf> {
    let name = format!("tegata{}", std::env::consts::EXE_SUFFIX);
    let own = std::env::current_exe()?;
    Ok(own.with_file_name(name))
}

/// A running server on a port of the system's choice, with a fresh data directory. Dropping it ends it.
pub(crate) struct Server {
    child: Child,
    /// It runs in here, where there is no `tegata.toml` of the developer's.
    folder: PathBuf,
    /// Its address, without a slash at the end.
    pub(crate) url: String,
}

impl Server {
    /// Starts it and waits until it has said its address.
    pub(crate) fn start(settings: &[&str]) -> Result<Self> {
        let folder = root().join(format!("target/xtask-server-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let mut child = Command::new(&binary()?.to_string_lossy())
            .args(&["serve", "--listen", "127.0.0.1:0"])
            .args(settings)
            .in_folder(&folder)
            .without_settings()
            .spawn_piped()?;
        let (sender, lines) = mpsc::channel();
        let stdout = child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn std::io::Read + Send>);
        let stderr = child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn std::io::Read + Send>);
        for pipe in [stdout, stderr].into_iter().flatten() {
            let sender = sender.clone();
            // Read to its end, so that a full pipe never stops the server.
            thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(std::result::Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        drop(sender);
        let mut server = Self { child, folder, url: String::new() };
        let mut said = String::new();
        loop {
            let Ok(line) = lines.recv_timeout(Duration::from_secs(20)) else {
                return Err(format!("the server did not say its address; it said:\n{said}").into());
            };
            if let Some(url) = address_in(&line) {
                server.url = url;
                return Ok(server);
            }
            said.push_str(&line);
            said.push('\n');
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The first loopback address with a port in a line.
fn address_in(line: &str) -> Option<String> {
    let prefix = "http://127.0.0.1:";
    let start = line.find(prefix)?;
    let port: String = line[start + prefix.len()..].chars().take_while(char::is_ascii_digit).collect();
    (!port.is_empty() && port != "0").then(|| format!("{prefix}{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_asks_for_dynamodb_waits_for_its_sdk() {
        let of = |arguments: &[&str]| package(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(of(&["--set", "log.level=debug"]), PACKAGE);
        assert_eq!(of(&["--store", "dynamodb"]), WITH_DYNAMODB);
        assert_eq!(of(&["--set", "store.kind=dynamodb"]), WITH_DYNAMODB);
    }

    #[test]
    fn the_address_is_found_in_a_line_of_text_or_json() {
        assert_eq!(address_in("open http://127.0.0.1:41234/ now").as_deref(), Some("http://127.0.0.1:41234"));
        assert_eq!(
            address_in(r#"{"address":"http://127.0.0.1:41234"}"#).as_deref(),
            Some("http://127.0.0.1:41234")
        );
        assert_eq!(address_in("listening on http://127.0.0.1:0"), None);
    }
}
