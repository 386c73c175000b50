//! The program `tegata-dynamodb`: the same as `tegata`, which becomes it where the settings ask for DynamoDB.

mod store;

use std::process::ExitCode;

fn main() -> ExitCode {
    tegata::run_with(&store::DynamoDb)
}
