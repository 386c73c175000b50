//! The program `tegata-dynamodb`: `tegata` becomes it where the settings ask for DynamoDB.

use std::process::ExitCode;

fn main() -> ExitCode {
    tegata::run_with_dynamodb()
}
