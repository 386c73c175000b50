//! The repository: where it is, and which files belong to it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::process::Command;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The text of a file of the repository.
pub(crate) fn read(path: impl AsRef<Path>) -> Result<String> {
    let path = root().join(path);
    fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()).into())
}

/// Writes a file of the repository.
pub(crate) fn write(path: impl AsRef<Path>, text: &str) -> Result {
    let path = root().join(path);
    fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()).into())
}

/// The files of the repository, those included that are new and not ignored, as relative paths in order.
pub(crate) fn files() -> Result<Vec<PathBuf>> {
    let listed = Command::new("git")
        .args(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .map_err(|e| format!("the list of files comes from git: {e}"))?;
    let mut files: Vec<PathBuf> = listed
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        // Removed, but not yet from the index.
        .filter(|path| root().join(path).is_file())
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// The files of the repository whose names end so.
pub(crate) fn files_with(extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let mut files = files()?;
    files.retain(|path| path.extension().and_then(|e| e.to_str()).is_some_and(|e| extensions.contains(&e)));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r73_every_crate_forbids_unsafe_code_and_checks_for_overflow_when_released() {
        let workspace = read("Cargo.toml").unwrap();
        assert!(workspace.contains("unsafe_code = \"forbid\""));
        assert!(workspace.contains("overflow-checks = true"));
        assert!(!workspace.contains("panic = \"abort\""), "one request's panic must not end the others");
        let manifests = files_with(&["toml"]).unwrap();
        let members: Vec<_> = manifests
            .into_iter()
            .filter(|path| path.ends_with("Cargo.toml"))
            .filter(|path| {
                path.parent()
                    .is_some_and(|folder| folder == "xtask" || folder.parent() == Some(Path::new("crates")))
            })
            .collect();
        assert!(members.len() > 8, "{members:?}");
        for member in members {
            let manifest = read(&member).unwrap();
            assert!(manifest.contains("[lints]\nworkspace = true"), "{}", member.display());
        }
    }
}
