//! The function `register`.

use std::process::ExitCode;

use tegata_lambda::{Function, serve};

fn main() -> ExitCode {
    serve(Function::Register)
}
