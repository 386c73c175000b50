//! The function `oauth`.

use std::process::ExitCode;

use tegata_lambda::{Function, serve};

fn main() -> ExitCode {
    serve(Function::OAuth)
}
