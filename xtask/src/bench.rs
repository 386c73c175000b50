//! Benchmarks.

use crate::process::cargo;
use crate::{Result, tools, web};

const PAGE: &str = "docs/performance.md";

/// Builds the server as it is released and measures it; without arguments, all of it, and the page gets the table.
pub(crate) fn run(arguments: &[String]) -> Result {
    tools::require_node()?;
    web::install()?;
    web::build_if_stale()?;
    cargo(&["build", "--release", "--package", "tegata-server"]).run()?;
    functions()?;
    let bench = cargo(&["run", "--release", "--package", "tegata-bench", "--"]);
    if arguments.is_empty() { bench.args(&["--write", PAGE]).run() } else { bench.args(arguments).run() }
}

/// The Lambda functions, each package alone: together they would be given each other's features.
fn functions() -> Result {
    cargo(&["build", "--release", "--package", "tegata-authorizer"]).run()
}

/// Builds the Lambda functions as they are released and measures those alone.
pub(crate) fn lambda() -> Result {
    tools::require_node()?;
    web::install()?;
    functions()?;
    cargo(&["run", "--release", "--package", "tegata-bench", "--", "lambda"]).run()
}
