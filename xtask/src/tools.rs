//! What a machine must have: installed where that is plainly possible, else said in one line.

use std::path::Path;

use crate::Result;
use crate::process::{Command, works};

/// The oldest Node.js that the web workspaces run on, as package.json says it.
const NODE: (u32, u32) = (20, 19);

/// The oldest Java that DynamoDB Local runs on.
const JAVA: u32 = 17;

/// Names under which Chromium and its kin are found.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Node.js, new enough.
pub(crate) fn require_node() -> Result {
    let needed = format!("Node.js {}.{} or newer with npm is needed (https://nodejs.org)", NODE.0, NODE.1);
    let Ok(version) = Command::new("node").args(&["--version"]).output() else {
        return Err(needed.into());
    };
    if parse_version(&version).is_none_or(|version| version < NODE) {
        return Err(format!("{needed}; this is {}", version.trim()).into());
    }
    if works(if cfg!(windows) { "npm.cmd" } else { "npm" }, &["--version"]) {
        Ok(())
    } else {
        Err(needed.into())
    }
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// rustfmt and clippy.
pub(crate) fn require_rust_components() -> Result {
    for (component, arguments) in [("rustfmt", ["fmt", "--version"]), ("clippy", ["clippy", "--version"])] {
        if !works("cargo", &arguments) {
            Command::new("rustup").args(&["component", "add", component]).run()?;
        }
    }
    Ok(())
}

/// The browser that the tests drive. Installed from the distribution where we may; never downloaded from elsewhere.
pub(crate) fn require_chromium() -> Result<String> {
    if let Some(named) = std::env::var_os("CHROMIUM").filter(|value| !value.is_empty()) {
        let named = named.to_string_lossy().into_owned();
        return if works(&named, &["--version"]) {
            Ok(named)
        } else {
            Err(format!("CHROMIUM names {named}, which does not run").into())
        };
    }
    if let Some(found) = find_browser() {
        return Ok(found);
    }
    if install("chromium")?
        && let Some(found) = find_browser()
    {
        return Ok(found);
    }
    Err("Chromium or Chrome is needed for the browser tests: install it, or name it in CHROMIUM".into())
}

/// Java, new enough for DynamoDB Local.
pub(crate) fn require_java() -> Result {
    let has_java = || {
        let version = Command::new("java").args(&["--version"]).output();
        version.is_ok_and(|text| parse_java_version(&text).is_some_and(|version| version >= JAVA))
    };
    if has_java() || (install("default-jre-headless")? && has_java()) {
        Ok(())
    } else {
        Err(format!("Java {JAVA} or newer is needed for DynamoDB Local (Debian: default-jre-headless)")
            .into())
    }
}

fn parse_java_version(text: &str) -> Option<u32> {
    let version = text.split_whitespace().nth(1)?;
    version.split(['.', '-', '+']).next()?.parse().ok()
}

/// Maven, which gets DynamoDB Local with all that it needs.
pub(crate) fn require_maven() -> Result {
    let has_maven = || works(if cfg!(windows) { "mvn.cmd" } else { "mvn" }, &["--version"]);
    if has_maven() || (install("maven")? && has_maven()) {
        Ok(())
    } else {
        Err("Maven is needed to get DynamoDB Local from Maven Central (Debian: maven)".into())
    }
}

/// Installs a package of the distribution where we may; whether that was tried.
fn install(package: &str) -> Result<bool> {
    if !is_root() || !works("apt-get", &["--version"]) {
        return Ok(false);
    }
    Command::new("apt-get").args(&["update", "-q"]).run()?;
    Command::new("apt-get")
        .args(&["install", "-q", "-y", "--no-install-recommends", package])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .run()?;
    Ok(true)
}

fn find_browser() -> Option<String> {
    let on_mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    BROWSERS
        .into_iter()
        .chain([on_mac])
        .find(|name| works(name, &["--version"]))
        .map(|name| absolute(name).unwrap_or_else(|| name.to_owned()))
}

/// The path of a program, since test drivers want more than its name.
fn absolute(name: &str) -> Option<String> {
    if Path::new(name).is_absolute() {
        return Some(name.to_owned());
    }
    let found = Command::new("which").args(&[name]).output().ok()?;
    Some(found.trim().to_owned()).filter(|path| !path.is_empty())
}

fn is_root() -> bool {
    Command::new("id").args(&["-u"]).output().is_ok_and(|id| id.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_compared_as_numbers() {
        assert_eq!(parse_version("v20.19.4\n"), Some((20, 19)));
        assert!(parse_version("v20.9.0") < Some(NODE));
        assert!(parse_version("v100.0.0") > Some(NODE));
        assert_eq!(parse_version("nonsense"), None);
    }

    #[test]
    fn versions_of_java_are_read_from_its_first_line() {
        assert_eq!(parse_java_version("openjdk 17.0.15 2025-04-15\nOpenJDK Runtime"), Some(17));
        assert_eq!(parse_java_version("openjdk 26-ea 2026-03-17"), Some(26));
        assert_eq!(parse_java_version(""), None);
    }
}
