//! Benchmarks.

use crate::lambda::{self, Arch};
use crate::process::{Command, cargo};
use crate::workspace::root;
use crate::{Result, server, tools, web};

const PAGE: &str = "docs/performance.md";
/// AWS's Runtime Interface Client for Node.js. Not a package of the workspace: it compiles a module of its own, which
/// takes minutes and tools that nothing else here needs.
const NODE_RUNTIME: &str = "aws-lambda-ric@3.3.0";

/// Builds the server as it is released and measures it; without arguments, all of it, and the page gets the table.
pub(crate) fn run(arguments: &[String]) -> Result {
    tools::require_node()?;
    web::install()?;
    web::build_if_stale()?;
    cargo(&["build", "--release", "--package", server::PACKAGE]).run()?;
    functions()?;
    let bench = cargo(&["run", "--release", "--package", "tegata-bench", "--"]);
    if arguments.is_empty() { bench.args(&["--write", PAGE]).run() } else { bench.args(arguments).run() }
}

/// The Lambda functions as they are for AWS, and what runs the one beside them.
fn functions() -> Result {
    lambda::build(Arch::X86_64)?;
    let folder = root().join("target/bench-lambda");
    if folder.join("node_modules/aws-lambda-ric/dist/rapid-client.node").is_file() {
        return Ok(());
    }
    Command::npm(&["install", "--no-audit", "--no-fund", "--foreground-scripts", "--prefix"])
        .args(&[&folder.to_string_lossy(), NODE_RUNTIME])
        .run()
        .map_err(|error| {
            format!(
                "{NODE_RUNTIME} is compiled with autoconf, automake, libtool, cmake, make and g++: {error}"
            )
            .into()
        })
}

/// Builds the Lambda functions as they are released and measures those alone.
pub(crate) fn of_functions() -> Result {
    tools::require_node()?;
    web::install()?;
    functions()?;
    cargo(&["run", "--release", "--package", "tegata-bench", "--", "lambda"]).run()
}
