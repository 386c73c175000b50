//! Every command a person runs in this repository: `cargo xtask <command>`.
//!
//! It stands on the standard library alone, so that it is compiled in seconds, before anything else is.

// It is a command-line tool: printing is its answer, the clock times its steps, the environment holds its switches.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

mod aws;
mod bench;
mod dependencies;
mod docs;
mod dynamodb_local;
mod lambda;
mod oauth_clients;
mod process;
mod server;
mod suite;
mod tools;
mod venv;
mod web;
mod workspace;

use std::error::Error;
use std::process::ExitCode;

use process::{Command, cargo};
use suite::Suite;

/// What a command gives; an error is one clear line for the person who ran it.
type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const HELP: &str = "\
Usage: cargo xtask <command> [-- arguments]

  run [--release] [-- …]   build the web application and the server, and start `tegata serve …`
  test                     everything that must pass: all of the below but bench and audit
  check                    formatting, lints, licences, words: what is quick
  web                      the web workspaces: install, build, check, test
  e2e [-- …]               the browser tests, against the real binary
  oauth [-- …]             OAuth clients that others have written, against the real binary
  dynamodb [--fetch]       DynamoDB Local on port 8000, in memory; --fetch only gets it
  lambda [--arch arm64|x86_64] [-- package …]
                           the functions for AWS, into target/lambda/<arch>/<function>/bootstrap; arm64 by default
  infra                    the templates for AWS: synthesized, with cdk-nag, and linted
  e2e-aws [--built]        deploys to an emulator of AWS and tests what is there; --built takes the functions and
                           the web application as they are
  docs [--write]           links, generated pages, and the README's commands against a running server;
                           --write makes the generated pages anew
  audit                    cargo-deny with the advisory database; needs the network
  bench [-- …]             side-by-side benchmarks; writes docs/performance.md
  bench lambda             those of the Lambda functions alone

Environment: CHROMIUM names the browser for the tests.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result {
    let (own, passed) = match arguments.iter().position(|a| a == "--") {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => (arguments, &[][..]),
    };
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    match own.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        ["run"] => run(false, passed),
        ["run", "--release"] => run(true, passed),
        ["test"] => Suite::run("test", test),
        ["check"] => Suite::run("check", check),
        ["web"] => Suite::run("web", web::steps),
        ["e2e"] => Suite::run("e2e", |suite| {
            web::build_steps(suite)?;
            suite.step("server binary", server::build)?;
            browser_tests(suite, passed)
        }),
        ["oauth"] => Suite::run("oauth", |suite| {
            suite.step("npm packages", web::install)?;
            suite.step("server binary", server::build)?;
            suite.step("OAuth clients", || oauth_clients::run(passed))
        }),
        ["docs"] => Suite::run("docs", |suite| {
            docs::steps(suite)?;
            web::build_steps(suite)?;
            suite.step("server binary", server::build)?;
            server_docs(suite)
        }),
        ["dynamodb"] => dynamodb_local::run(),
        ["dynamodb", "--fetch"] => dynamodb_local::fetch(),
        ["docs", "--write"] => docs::write(),
        ["infra"] => Suite::run("infra", |suite| {
            suite.step("npm packages", web::install)?;
            suite.step("AWS templates", || aws::check_templates(lambda::Arch::Arm64))
        }),
        ["e2e-aws"] => Suite::run("e2e-aws", aws::steps),
        ["e2e-aws", "--built"] => Suite::run("e2e-aws", aws::prove),
        ["lambda", arguments @ ..] => lambda::run(arguments, passed),
        ["audit"] => dependencies::audit(),
        ["bench"] => bench::run(passed),
        ["bench", "lambda"] => bench::of_functions(),
        _ => Err(format!("unknown command: {}\n\n{HELP}", own.join(" ")).into()),
    }
}

/// Builds what is stale and becomes the server.
fn run(release: bool, arguments: &[String]) -> Result {
    tools::require_node()?;
    web::install()?;
    web::build_if_stale()?;
    let profile: &[&str] = if release { &["--release"] } else { &[] };
    let command = cargo(&["run", "--package", server::package(arguments)]).args(profile);
    command.args(&["--", "serve"]).args(arguments).replace_process()
}

/// What must pass before a change lands. What is quick comes first; the web application comes before the server, whose
/// binary holds it.
fn test(suite: &mut Suite) -> Result {
    suite.step("tools", || {
        tools::require_rust_components()?;
        tools::require_node()?;
        tools::require_chromium().map(drop)
    })?;
    suite.step("dependencies", dependencies::check)?;
    suite.step("format", || cargo(&["fmt", "--all", "--check"]).run())?;
    docs::steps(suite)?;
    web::steps(suite)?;
    suite.step("clippy", clippy)?;
    suite.step("DynamoDB Local", dynamodb_local::fetch)?;
    suite.step("cargo test", || {
        let engine = dynamodb_local::Engine::start()?;
        cargo(&["test", "--workspace"])
            .env("TEGATA_REQUIRE_NODE", "1")
            .env("TEGATA_DYNAMODB_ENDPOINT", &engine.endpoint())
            .run()
    })?;
    server_docs(suite)?;
    suite.step("HTTP suite", || {
        let server = server::Server::start(&["--set", "tokens.access_token_ttl=3s"])?;
        http_suite(&server.url)
    })?;
    suite.step("OAuth clients", || oauth_clients::run(&[]))?;
    browser_tests(suite, &[])?;
    suite.step("functions for x86_64", || lambda::build(lambda::Arch::X86_64))?;
    aws::prove(suite)
}

fn check(suite: &mut Suite) -> Result {
    suite.step("tools", tools::require_rust_components)?;
    suite.step("dependencies", dependencies::check)?;
    suite.step("format", || cargo(&["fmt", "--all", "--check"]).run())?;
    docs::steps(suite)?;
    suite.step("clippy", clippy)
}

fn clippy() -> Result {
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run()
}

/// What the documentation says about the binary, held against the binary.
fn server_docs(suite: &mut Suite) -> Result {
    suite.step("README commands", docs::readme::check_commands)
}

/// The suite that every shape of the product passes, against whatever answers at `url`.
fn http_suite(url: &str) -> Result {
    Command::npm(&["run", "http", "--workspace", "e2e"]).env("TEGATA_URL", url).run()
}

fn browser_tests(suite: &mut Suite, arguments: &[String]) -> Result {
    suite.step("browser tests", || {
        let chromium = tools::require_chromium()?;
        Command::npm(&["run", "test", "--workspace", "e2e"])
            .args(if arguments.is_empty() { &[] } else { &["--"] })
            .args(arguments)
            .env("CHROMIUM", &chromium)
            .env("TEGATA_BIN", &server::binary()?.to_string_lossy())
            .run()
    })
}
