//! The proxy that plays `CloudFront` (`e2e/aws/edge.js`), and what runs against it.

use std::fs;
use std::path::PathBuf;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use super::deployment::Deployment;
use super::emulator::end_group;
use crate::Result;
use crate::process::Command;
use crate::workspace::root;

const START: Duration = Duration::from_secs(30);

/// A running edge. Dropping it ends it.
pub(super) struct Edge {
    child: Child,
    environment: Vec<(&'static str, String)>,
    certificate: String,
    /// The public address, which only the edge answers for.
    pub(super) url: String,
    /// A folder that makes `curl` find the address.
    pub(super) curl_home: PathBuf,
}

impl Edge {
    pub(super) fn start(deployment: &Deployment) -> Result<Self> {
        let path = |name: &str| deployment.state.join(name).to_string_lossy().into_owned();
        let mut environment = deployment.environment.clone();
        environment.extend([
            ("TEGATA_URL", deployment.url.clone()),
            ("TEGATA_CDK_OUT", deployment.templates.to_string_lossy().into_owned()),
            ("TEGATA_STATE", deployment.state.to_string_lossy().into_owned()),
            ("TEGATA_EDGE_CA", path("edge-cert.pem")),
        ]);
        let log = deployment.state.join("edge.log");
        let child = with(Command::new("node").args(&["e2e/aws/edge.js"]), &environment).spawn_group(&log)?;
        let curl_home = deployment.state.join("curl");
        let (url, certificate) = (deployment.url.clone(), path("edge-cert.pem"));
        let mut edge = Self { child, environment, certificate, url, curl_home };
        let address = edge.wait(&log)?;
        println!("the edge answers for {} at {address}", edge.url);
        edge.teach_curl(&address)?;
        edge.environment.push(("TEGATA_EDGE", address));
        Ok(edge)
    }

    /// A program that meets the deployment.
    pub(super) fn command(&self, line: &[&str]) -> Command {
        let (program, arguments) = line.split_first().unwrap_or((&"true", &[]));
        with(Command::new(program).args(arguments), &self.environment)
    }

    /// Tests of `e2e/aws`, by their names, one after the other.
    pub(super) fn node_tests(&self, names: &[&str]) -> Result {
        let files: Vec<_> = names.iter().map(|name| format!("e2e/aws/tests/{name}.test.js")).collect();
        let node = self.command(&["node", "--test", "--test-concurrency=1", "--test-reporter=spec"]);
        self.find(node.args(&files)).run()
    }

    /// The suite that every shape of the product passes. It knows an address; Node.js is told where that is.
    pub(super) fn http_suite(&self) -> Result {
        self.find(self.command(&["npm", "run", "http", "--workspace", "e2e"])).run()
    }

    /// Tells Node.js where the public name leads, for programs that know of nothing else.
    fn find(&self, command: Command) -> Command {
        let find = root().join("e2e/aws/support/find-edge.js");
        command
            .env("NODE_OPTIONS", &format!("--import={}", find.display()))
            .env("NODE_EXTRA_CA_CERTS", &self.certificate)
    }

    fn wait(&mut self, log: &PathBuf) -> Result<String> {
        let begun = Instant::now();
        while begun.elapsed() < START {
            let said = fs::read_to_string(log).unwrap_or_default();
            if let Some(address) = address_in(&said) {
                return Ok(address.to_owned());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the edge ended with {status}; it said:\n{said}").into());
            }
            thread::sleep(Duration::from_millis(100));
        }
        Err(format!("the edge does not answer; see {}", log.display()).into())
    }

    /// The name is in no name server, and its certificate is of this run.
    fn teach_curl(&self, address: &str) -> Result {
        fs::create_dir_all(&self.curl_home)?;
        let host = self.url.trim_start_matches("https://");
        let certificate = &self.certificate;
        let lines = format!("cacert = \"{certificate}\"\nconnect-to = \"{host}:443:{address}\"\n");
        Ok(fs::write(self.curl_home.join(".curlrc"), lines)?)
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        end_group(&mut self.child);
    }
}

fn with(command: Command, environment: &[(&'static str, String)]) -> Command {
    environment.iter().fold(command, |command, (name, value)| command.env(name, value))
}

/// Where it listens, from its first line.
fn address_in(said: &str) -> Option<&str> {
    let line = said.lines().find(|line| line.starts_with("The edge answers"))?;
    line.rsplit(" at ").next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_what_it_says() {
        let said = "warning\nThe edge answers for https://d1.cloudfront.net at 127.0.0.1:4321\n";
        assert_eq!(address_in(said), Some("127.0.0.1:4321"));
        assert_eq!(address_in("warning"), None);
    }
}
