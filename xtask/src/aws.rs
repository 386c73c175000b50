//! Tegata on AWS, proved on this machine: the templates are checked, deployed with CDK's own command into an emulator that runs the
//! real functions behind a real API with IAM enforced, and asked everything that a client, a browser and a thief would ask.

mod deployment;
mod edge;
mod emulator;

use std::fs;
use std::path::PathBuf;

use crate::lambda::{self, Arch};
use crate::process::{Command, cargo};
use crate::suite::Suite;
use crate::workspace::root;
use crate::{Result, docs, tools, venv, web};

use deployment::{Deployment, cdk};
use edge::Edge;
use emulator::Emulator;

const CFN_LINT: &str = "cfn-lint==1.58.0";

/// Browser tests that need nothing but an address: no restarts, no settings of their own, no token inspector.
const STORIES: [&str; 4] = ["story", "routes", "origins", "without-inspector"];

/// A setting under which tokens expire while a test waits.
const SHORT_TOKENS: &str = "settings={\"tokens.access_token_ttl\":\"3s\"}";

/// Where all of it is written.
fn state() -> PathBuf {
    root().join("target").join("e2e-aws")
}

/// Synthesizes the templates as they are for AWS, which runs cdk-nag, and lints them.
pub(crate) fn check_templates(functions: Arch) -> Result {
    let output = state().join("cdk.out");
    let folder = lambda::folder(functions);
    cdk()
        .args(&["synth", "--quiet", "--no-notices", "--output", &output.to_string_lossy()])
        // The processor changes one word in each function; which one was built does not matter here.
        .args(&["-c", &format!("functions={}", folder.display())])
        .run()?;
    let lint = venv::ensure(venv::AWS, &[CFN_LINT])?.join("cfn-lint");
    let mut templates = Vec::new();
    for entry in fs::read_dir(&output)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".template.json") {
            templates.push(path.to_string_lossy().into_owned());
        }
    }
    if templates.len() < 3 {
        return Err(format!("there are only {} templates in {}", templates.len(), output.display()).into());
    }
    Command::new(&lint.to_string_lossy())
        // W3005: dependencies that CDK writes down although they follow from references.
        .args(&["--ignore-checks", "W3005", "--"])
        .args(&templates)
        .run()
}

/// Everything, from the sources to the last refusal.
pub(crate) fn steps(suite: &mut Suite) -> Result {
    web::build_steps(suite)?;
    suite.step("functions for x86_64", || lambda::build(Arch::X86_64))?;
    prove(suite)
}

/// The same with the web application and the functions that are there.
pub(crate) fn prove(suite: &mut Suite) -> Result {
    suite.step("AWS templates", || check_templates(Arch::X86_64))?;
    let _ = fs::remove_dir_all(state());
    fs::create_dir_all(state())?;

    // Dropped at the end of this function, whatever comes of it, and with them all that they have started.
    let (mut emulator, mut deployed, mut edge) = (None, None, None);
    suite.step("AWS emulator", || {
        emulator = Some(Emulator::start(&state())?);
        Ok(())
    })?;
    let emulator = emulator.as_ref().ok_or("the emulator is not there")?;
    suite.step("store contract, on the emulator", || {
        // Of the whole workspace, as it was built before: a package alone has other features, and all would be built anew.
        cargo(&["test", "--workspace", "--test", "it", "contract::"])
            .env("TEGATA_DYNAMODB_ENDPOINT", &emulator.endpoint)
            .run()
    })?;
    suite.step("deployment", || {
        deployed = Some(Deployment::make(emulator, &state())?);
        Ok(())
    })?;
    let deployed = deployed.as_mut().ok_or("the deployment is not there")?;
    suite.step("edge", || {
        edge = Some(Edge::start(deployed)?);
        Ok(())
    })?;
    let edge = edge.as_ref().ok_or("the edge is not there")?;

    suite.step("tests of the deployment", || {
        edge.node_tests(&["tokens", "oauth", "clients", "rights", "files", "audit", "keys"])
    })?;
    suite.step("README commands, on AWS", || docs::readme::check_commands_at(&edge.url, &edge.curl_home))?;
    suite.step("browser tests, on AWS", || {
        edge.command(&["npm", "run", "test", "--workspace", "e2e", "--"])
            .args(&STORIES)
            .env("CHROMIUM", &tools::require_chromium()?)
            .run()
    })?;
    suite.step("second deployment, with other settings", || deployed.deploy(&[SHORT_TOKENS]))?;
    suite.step("tests of expired tokens", || edge.node_tests(&["expiry"]))?;
    suite.step("HTTP suite, on AWS", || edge.http_suite())?;
    suite.step("an application with its own API", || {
        deployed.deploy_own_api()?;
        edge.node_tests(&["own-api"])
    })?;
    suite.step("cdk destroy", || deployed.destroy())?;
    suite.step("what is retained", || edge.node_tests(&["retained"]))
}
