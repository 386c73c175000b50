//! An installation that moves to another place.

use std::fs;
use std::path::{Path, PathBuf};

use super::support::{Installation, Ran, Server};

pub(crate) const PUBLIC_URL: &str = "http://localhost:1";

/// An installation that is left, and what it was left with.
pub(crate) struct Old {
    pub(crate) installation: Installation,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

impl Old {
    /// One with all kinds of users, and with alice logged in.
    pub(crate) fn new() -> Self {
        let installation = Installation::new();
        let server = installation.serve(&["--public-url", PUBLIC_URL]);
        for username in ["alice", "bob", "carol"] {
            server.sign_up(username);
        }
        installation.run(&["user", "grant", "alice", "users:read"]).ok();
        installation.run(&["user", "disable", "bob"]).ok();
        let create = ["user", "create", "dora", "--email", "Dora@example.org", "--password-stdin"];
        installation.run_with_input(&create, super::support::PASSWORD).ok();
        installation.run(&["user", "verify-email", "dora"]).ok();
        let login = server.login("alice");
        let (access_token, refresh_token) = (login.text("access_token"), login.text("refresh_token"));
        assert_eq!(server.login("dora@example.org").status, 200);
        server.stop();
        Self { installation, access_token, refresh_token }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.installation.root().join("move.jsonl")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.installation.root().join("transfer.key")
    }

    pub(crate) fn export(&self) -> Vec<u8> {
        let said = export(&self.installation, "move.jsonl", &self.key(), &[]).ok();
        assert!(said.contains("4 users, 2 sessions and the signing keys"), "{said}");
        fs::read(self.file()).unwrap()
    }
}

pub(crate) fn export(installation: &Installation, file: &str, key: &Path, more: &[&str]) -> Ran {
    let public_url = format!("server.public_url={PUBLIC_URL}");
    let arguments = ["export", file, "--transfer-key", key.to_str().unwrap(), "--set", &public_url];
    installation.run(&[&arguments, more].concat())
}

pub(crate) fn import(installation: &Installation, file: &Path, key: &Path) -> Ran {
    let public_url = format!("server.public_url={PUBLIC_URL}");
    let (file, key) = (file.to_str().unwrap(), key.to_str().unwrap());
    installation.run(&["import", file, "--transfer-key", key, "--set", &public_url])
}

pub(crate) fn protected(server: &Server, access_token: &str) -> u16 {
    let bearer = format!("Bearer {access_token}");
    server.connect().send("GET", "/api/protected", &[("authorization", &bearer)], None).unwrap().status
}

pub(crate) fn as_of(file: &[u8]) -> String {
    let first = file.split(|byte| *byte == b'\n').next().unwrap();
    serde_json::from_slice::<serde_json::Value>(first).unwrap()["as_of"].as_str().unwrap().to_owned()
}
