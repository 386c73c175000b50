//! The program `tegata`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tegata::run()
}
