//! What `cdk deploy` makes of the stacks.

use std::fs;
use std::path::{Path, PathBuf};

use super::emulator::{ACCOUNT, Emulator, REGION};
use crate::Result;
use crate::lambda::{self, Arch};
use crate::process::Command;
use crate::workspace::root;

/// What the emulator's deployment differs in; a test of `infra` holds what this changes in the templates.
const CONTEXT: [&str; 6] =
    ["-c", "emulator=true", "-c", "arch=x86_64", "-c", "allowedOrigins=https://app.example.org"];

/// The stacks in the emulator.
pub(super) struct Deployment {
    pub(super) environment: Vec<(&'static str, String)>,
    pub(super) state: PathBuf,
    /// Where the templates are.
    pub(super) templates: PathBuf,
    /// The public address.
    pub(super) url: String,
}

impl Deployment {
    /// Bootstraps the account and deploys all stacks.
    pub(super) fn make(emulator: &Emulator, state: &Path) -> Result<Self> {
        let mut deployment = Self {
            environment: vec![
                ("AWS_ENDPOINT_URL", emulator.endpoint.clone()),
                ("AWS_ACCESS_KEY_ID", "test".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
                ("AWS_REGION", REGION.to_owned()),
                ("AWS_ACCOUNT_ID", ACCOUNT.to_owned()),
            ],
            state: state.to_owned(),
            templates: state.join("cdk.out"),
            url: String::new(),
        };
        deployment.synthesize(&[])?;
        deployment.cdk(&["bootstrap", &format!("aws://{ACCOUNT}/{REGION}")]).run()?;
        deployment.deploy_templates()?;
        let outputs = fs::read_to_string(deployment.outputs())?;
        url_in(&outputs).ok_or("the stacks do not say their URL")?.clone_into(&mut deployment.url);
        println!("deployed: {}", deployment.url);
        Ok(deployment)
    }

    /// Deploys them again, set otherwise.
    pub(super) fn deploy(&self, context: &[&str]) -> Result {
        self.synthesize(context)?;
        self.deploy_templates()
    }

    /// Deploys another application into the same account, which has its own API and Tegata as one construct.
    pub(super) fn deploy_own_api(&self) -> Result {
        let outputs = self.state.join("own-api.json").to_string_lossy().into_owned();
        let templates = self.state.join("own-api.out").to_string_lossy().into_owned();
        let functions = format!("functions={}", lambda::folder(Arch::X86_64).display());
        self.with_credentials(cdk())
            .args(&["deploy", "--app", "npx tsx test/own-api.ts", "--output", &templates, "-c", &functions])
            .args(&["--require-approval", "never", "--no-notices", "--progress", "events"])
            .args(&["--outputs-file", &outputs])
            .run()
    }

    /// Takes them away, but for what is to be retained.
    pub(super) fn destroy(&self) -> Result {
        self.cdk(&["destroy", "--all", "--force"]).run()
    }

    fn synthesize(&self, context: &[&str]) -> Result {
        let functions = format!("functions={}", lambda::folder(Arch::X86_64).display());
        let mut command = cdk()
            .args(&["synth", "--quiet", "--no-notices", "--output", &self.templates.to_string_lossy()])
            .args(&CONTEXT)
            .args(&["-c", &functions]);
        for one in context {
            command = command.args(&["-c", one]);
        }
        command.run()
    }

    fn deploy_templates(&self) -> Result {
        let outputs = self.outputs().to_string_lossy().into_owned();
        self.cdk(&["deploy", "--all", "--require-approval", "never"])
            .args(&["--progress", "events", "--outputs-file", &outputs])
            .run()
    }

    fn outputs(&self) -> PathBuf {
        self.state.join("outputs.json")
    }

    /// `cdk` on the templates as they are, and against the emulator.
    fn cdk(&self, arguments: &[&str]) -> Command {
        let command = cdk().args(arguments);
        self.with_credentials(command).args(&["--app", &self.templates.to_string_lossy(), "--no-notices"])
    }

    fn with_credentials(&self, command: Command) -> Command {
        self.environment.iter().fold(command, |command, (name, value)| command.env(name, value))
    }
}

/// CDK's command line, in the folder of the application.
pub(super) fn cdk() -> Command {
    let program = root().join("node_modules/.bin/cdk");
    Command::new(&program.to_string_lossy())
        .in_folder(&root().join("infra"))
        .env("CDK_DISABLE_CLI_TELEMETRY", "true")
        // Its output is a log, not a terminal.
        .env("CI", "true")
}

/// The address in the outputs of the stacks.
fn url_in(outputs: &str) -> Option<&str> {
    let (_, rest) = outputs.split_once("\"Url\": \"")?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_outputs() {
        let outputs = r#"{ "TegataEdge": { "Url": "https://d1.cloudfront.net", "Other": "x" } }"#;
        assert_eq!(url_in(outputs), Some("https://d1.cloudfront.net"));
        assert_eq!(url_in("{}"), None);
    }
}
