//! The function `rotate-keys`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tegata_lambda::rotate_keys()
}
