//! The npm workspaces.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::Result;
use crate::process::Command;
use crate::suite::Suite;
use crate::workspace::{self, root};

/// A copy of the lock file that `node_modules` was installed from.
const INSTALLED: &str = "node_modules/.installed-package-lock.json";
/// What a build of the web application leaves behind.
const BUILT: &str = "web/app/dist/index.html";

/// Everything about the web workspaces but the browser tests.
pub(crate) fn steps(suite: &mut Suite) -> Result {
    build_steps(suite)?;
    suite.step("web check", || Command::npm(&["run", "check"]).run())?;
    suite.step("web tests", || Command::npm(&["test"]).run())
}

/// Installs and builds.
pub(crate) fn build_steps(suite: &mut Suite) -> Result {
    suite.step("npm packages", || {
        crate::tools::require_node()?;
        install()
    })?;
    suite.step("web build", build)
}

/// Installs the npm packages as the lock file names them, unless they are.
pub(crate) fn install() -> Result {
    let lock = workspace::read("package-lock.json")?;
    if workspace::read(INSTALLED).is_ok_and(|installed| installed == lock) {
        println!("npm packages are as package-lock.json says");
        return Ok(());
    }
    Command::npm(&["ci", "--no-audit", "--no-fund"]).run()?;
    workspace::write(INSTALLED, &lock)
}

fn build() -> Result {
    Command::npm(&["run", "build"]).run()
}

/// Builds the web application if any of its sources is newer than the last build.
pub(crate) fn build_if_stale() -> Result {
    let built = fs::metadata(root().join(BUILT)).and_then(|file| file.modified());
    let mut newest = SystemTime::UNIX_EPOCH;
    for file in workspace::files()? {
        let is_source = ["web", "package.json", "package-lock.json", "tsconfig.base.json"]
            .iter()
            .any(|source| file.starts_with(Path::new(source)));
        if is_source {
            newest = newest.max(fs::metadata(root().join(&file))?.modified()?);
        }
    }
    if built.is_ok_and(|built| built >= newest) {
        println!("the web application is up to date");
        return Ok(());
    }
    build()
}
