//! What the workspace links in: licences, sources and duplicates, without a network.
//!
//! This is the part of cargo-deny that needs no database. Known vulnerabilities are another matter: they change while the
//! code does not, so they are asked for by `cargo xtask audit`, not by the tests.

use std::collections::{BTreeMap, BTreeSet};

use crate::Result;
use crate::process::{cargo, works};
use crate::workspace;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Packages that are built alone, and what would make them large or slow to build: the SDK of AWS, and the HTTP/2 that it
/// asks for (ADR 1).
const APART: [(&str, &[&str]); 2] =
    [("tegata-server", &["aws-config", "h2"]), ("tegata-authorizer", &["aws-config", "tegata-http"])];

/// Checks the lock files against deny.toml, and that what is apart stays apart.
pub(crate) fn check() -> Result {
    let policy = workspace::read("deny.toml")?;
    let mut problems = check_lock(&workspace::read("Cargo.lock")?, &strings_of(&policy, "skip"));
    problems.extend(check_npm_lock(&workspace::read("package-lock.json")?));
    let allowed = strings_of(&policy, "allow");
    // Those of this platform, which are the ones that Cargo has fetched anyhow.
    let listed = cargo(&["tree", "--workspace", "--locked", "--edges", "all"])
        .args(&["--prefix", "none", "--format", "{p}|{l}"])
        .output()?;
    // Each package with all below it stands there once; every further mention is marked. Written out in full, the tree of
    // one large kit would be gigabytes.
    let licensed: BTreeSet<&str> =
        listed.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| line.contains('|')).collect();
    for line in &licensed {
        if let Some((package, licence)) = line.split_once('|')
            && !is_allowed(licence, &allowed)
        {
            problems.push(format!("{package}: deny.toml does not allow its licence, {licence:?}"));
        }
    }
    for (package, strangers) in APART {
        let linked = cargo(&["tree", "--package", package, "--locked", "--edges", "normal"])
            .args(&["--prefix", "none", "--format", "{p}"])
            .output()?;
        let linked = names(&linked);
        problems.extend(strangers.iter().filter(|stranger| linked.contains(*stranger)).map(|stranger| {
            format!("{package} must not link {stranger}: cargo tree --package {package} --invert {stranger}")
        }));
    }
    if problems.is_empty() {
        println!("{} packages: licences, sources and versions are as deny.toml says", licensed.len());
        Ok(())
    } else {
        Err(problems.join("\n").into())
    }
}

/// cargo-deny, with the advisory database.
pub(crate) fn audit() -> Result {
    if !works("cargo", &["deny", "--version"]) {
        return Err("cargo-deny is needed: cargo install --locked cargo-deny".into());
    }
    cargo(&["deny", "--workspace", "check"]).run()
}

/// The names of the packages that `cargo tree` lists, one a line.
fn names(tree: &str) -> BTreeSet<&str> {
    tree.lines().filter_map(|line| line.split(' ').next()).collect()
}

/// Duplicates that are not skipped, and packages from elsewhere.
fn check_lock(lock: &str, skipped: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut versions = BTreeMap::<&str, Vec<&str>>::new();
    for package in lock.split("[[package]]").skip(1) {
        let field = |name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(name))?;
            line.strip_prefix(" = ").map(|value| value.trim_matches('"'))
        };
        let (Some(name), Some(version)) = (field("name"), field("version")) else { continue };
        if let Some(source) = field("source").filter(|source| *source != CRATES_IO) {
            problems.push(format!("{name} {version} comes from {source}"));
        }
        // A skipped version is as good as absent.
        let major = version.split('.').next().unwrap_or_default();
        if !skipped.iter().any(|skip| *skip == format!("{name}@{major}")) {
            versions.entry(name).or_default().push(version);
        }
    }
    for (name, versions) in versions {
        if versions.len() > 1 {
            problems.push(format!("{name} is there more than once: {}", versions.join(", ")));
        }
    }
    problems
}

/// npm packages that would come from a certain host: the lock file names versions and hashes only.
fn check_npm_lock(lock: &str) -> Vec<String> {
    let is_remote = |line: &&str| line.trim_start().starts_with("\"resolved\": \"http");
    let remote = lock.lines().filter(is_remote);
    remote.map(|line| format!("package-lock.json: {} names a host", line.trim())).collect()
}

/// The strings of the first list with this name in deny.toml; of a table in it, its `crate`.
fn strings_of(policy: &str, name: &str) -> Vec<String> {
    let opening = format!("{name} = [");
    policy
        .lines()
        .skip_while(|line| !line.starts_with(&opening))
        .skip(1)
        .take_while(|line| !line.starts_with(']'))
        .filter_map(|line| line.split('"').nth(1))
        .map(str::to_owned)
        .collect()
}

/// Whether a licence expression (SPDX, or the older `MIT/Apache-2.0`) can be met with allowed licences.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any_of(&mut words, allowed);
    met && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut met = all_of(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all_of(words, allowed);
    }
    met
}

fn all_of(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let Some(word) = words.next() else { return false };
    if word == "(" {
        let met = any_of(words, allowed);
        return words.next() == Some(")") && met;
    }
    let mut licence = word.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", words.next().unwrap_or_default());
    }
    allowed.contains(&licence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_expression_is_met_by_what_is_allowed() {
        let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        for met in [
            "MIT",
            "GPL-3.0 OR MIT",
            "GPL-3.0/MIT",
            "MIT AND (GPL-3.0 OR Apache-2.0)",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(is_allowed(met, &allowed), "{met}");
        }
        for unmet in
            ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT MIT", "MIT AND (GPL-3.0 OR ISC)", "MIT WITH X"]
        {
            assert!(!is_allowed(unmet, &allowed), "{unmet}");
        }
    }

    #[test]
    fn duplicates_and_foreign_sources_are_found() {
        let lock = r#"
[[package]]
name = "a"
version = "1.0.0"

[[package]]
name = "a"
version = "2.0.0"

[[package]]
name = "b"
version = "0.1.0"
source = "git+https://example.com/b"
"#;
        assert_eq!(check_lock(lock, &[]).len(), 2);
        assert_eq!(check_lock(lock, &["a@1".to_owned()]).len(), 1);
    }

    #[test]
    fn a_lock_file_that_names_a_host_is_refused() {
        assert_eq!(check_npm_lock("  \"resolved\": \"https://example.com/x.tgz\",").len(), 1);
        assert_eq!(check_npm_lock("  \"resolved\": \"web/sdk\",").len(), 0);
    }

    #[test]
    fn lists_of_deny_toml_are_read() {
        let policy =
            "allow = [\n  \"MIT\",\n  \"ISC\",\n]\nskip = [\n  { crate = \"syn@2\", reason = \"x\" },\n]\n";
        assert_eq!(strings_of(policy, "allow"), ["MIT", "ISC"]);
        assert_eq!(strings_of(policy, "skip"), ["syn@2"]);
    }
}
