//! The authorizer for Tegata's own tokens. It has their public keys in its environment and links no HTTPS client.

use std::process::ExitCode;

fn main() -> ExitCode {
    tegata_authorizer::run()
}
