//! Clients that others have written, against the real binary: openid-client and oauth4webapi for Node.js, Authlib for Python,
//! openidconnect for Rust.

use crate::process::{Command, cargo};
use crate::workspace::root;
use crate::{Result, server, venv};

/// What Authlib's client stands on, and nothing else.
const AUTHLIB: [&str; 2] = ["Authlib==1.9.10", "requests==2.34.2"];
/// A project of its own, so that what it needs is not in our lock file.
const OPENIDCONNECT: &str = "e2e/oauth/openidconnect/Cargo.toml";

/// Builds the clients that are built, and runs all of them.
pub(crate) fn run(arguments: &[String]) -> Result {
    let built = root().join("target").join("openidconnect");
    cargo(&["build", "--locked", "--manifest-path", OPENIDCONNECT])
        .args(&["--target-dir", &built.to_string_lossy()])
        .run()?;
    let program = built.join("debug").join(format!("openidconnect-client{}", std::env::consts::EXE_SUFFIX));
    let python = venv::ensure("authlib-venv", &AUTHLIB)?.join("python");
    Command::npm(&["run", "oauth", "--workspace", "e2e"])
        .args(if arguments.is_empty() { &[] } else { &["--"] })
        .args(arguments)
        .env("TEGATA_BIN", &server::binary()?.to_string_lossy())
        .env("TEGATA_OPENIDCONNECT", &program.to_string_lossy())
        .env("TEGATA_AUTHLIB_PYTHON", &python.to_string_lossy())
        .run()
}
