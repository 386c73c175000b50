//! The authorizer for tokens of Tegata and of other issuers, whose public keys it fetches.

use std::process::ExitCode;

fn main() -> ExitCode {
    tegata_authorizer::run_federated()
}
