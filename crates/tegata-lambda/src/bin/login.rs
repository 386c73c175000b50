//! The function `login`.

use std::process::ExitCode;

use tegata_lambda::{Function, serve};

fn main() -> ExitCode {
    serve(Function::Login)
}
