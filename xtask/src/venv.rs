//! Tools that come as Python packages, in a virtual environment of their own under `target/`.

use std::fs;
use std::path::PathBuf;

use crate::Result;
use crate::process::{Command, works};
use crate::workspace::root;

/// What is installed, one package a line.
const INSTALLED: &str = "installed.txt";

/// The environment of the tools that build for and emulate AWS.
pub(crate) const AWS: &str = "aws-venv";

/// Makes sure that these packages, each as `name==version`, are installed in the environment of this name, and gives the
/// folder of their programs.
pub(crate) fn ensure(environment: &str, packages: &[&str]) -> Result<PathBuf> {
    let venv = root().join("target").join(environment);
    let bin = venv.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let python = bin.join("python");
    if !works(&python, &["--version"]) {
        make(&venv.to_string_lossy())?;
    }
    let list = venv.join(INSTALLED);
    let installed = fs::read_to_string(&list).unwrap_or_default();
    let missing = missing(packages, &installed);
    if missing.is_empty() {
        return Ok(bin);
    }
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"];
    Command::new(&python.to_string_lossy()).args(&install).args(&missing).run()?;
    fs::write(&list, with(&missing, &installed))?;
    Ok(bin)
}

fn make(venv: &str) -> Result {
    if !works("python3", &["--version"]) {
        return Err(
            "Python 3 is needed, for the tools that build for and emulate AWS and for a client of the tests (https://python.org)".into()
        );
    }
    Command::new("python3").args(&["-m", "venv", "--clear", venv]).run().map_err(|error| {
        format!("{error}; Python's venv and pip modules are needed (on Debian: apt-get install python3-venv)")
            .into()
    })
}

fn missing<'p>(packages: &[&'p str], installed: &str) -> Vec<&'p str> {
    packages.iter().copied().filter(|package| !installed.lines().any(|line| line == *package)).collect()
}

/// The list after an installation: of each package one version.
fn with(new: &[&str], installed: &str) -> String {
    let name = |package: &str| package.split("==").next().unwrap_or_default().to_owned();
    let kept = installed.lines().filter(|line| !new.iter().any(|package| name(package) == name(line)));
    let lines: Vec<_> = kept.chain(new.iter().copied()).chain([""]).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_in_another_version_is_missing() {
        let installed = "one==1.0\ntwo==2.0\n";
        assert_eq!(missing(&["one==1.0", "two==2.1", "three==3.0"], installed), ["two==2.1", "three==3.0"]);
        assert_eq!(missing(&["two==2.0"], installed), [""; 0]);
        assert_eq!(with(&["two==2.1", "three==3.0"], installed), "one==1.0\ntwo==2.1\nthree==3.0\n");
    }
}
