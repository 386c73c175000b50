//! The file of the master key: apart from the database, so that a copy of that alone is worth nothing.

use std::path::Path;

use tegata_core::entropy::Entropy;
use tegata_core::master_key::MasterKey;

use crate::failure::Failure;
use crate::key_file::KeyFile;

const FILE: KeyFile = KeyFile {
    name: "master key",
    comment: "# The master key of Tegata. Without it the signing keys in the database cannot be used, and with both anyone\n\
              # can sign tokens. Keep a copy, apart from the backups of the database.\n",
    when_missing: "restore it from its backup: the database was made with it, and no other key opens it",
};

/// Reads the key.
///
/// # Errors
/// When it is absent, open to others, or no key.
pub(crate) fn read(path: &Path) -> Result<MasterKey, Failure> {
    FILE.read(path).map(MasterKey::new)
}

/// Makes a key, unless there is a file already; then that one is read.
///
/// Of several processes that do this at once, all end with the same key.
pub(crate) fn make(path: &Path, entropy: &dyn Entropy) -> Result<MasterKey, Failure> {
    FILE.make(path, entropy).map(MasterKey::new)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use tegata_http::SystemEntropy;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        let made = make(&path, &SystemEntropy).unwrap();
        let same = |key: &MasterKey| *key.purpose_key("test") == *made.purpose_key("test");
        assert!(same(&make(&path, &SystemEntropy).unwrap()));
        assert!(same(&read(&path).unwrap()));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "the unfinished file is left behind");
    }

    #[test]
    fn r72_a_master_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        make(&path, &SystemEntropy).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read(&path).is_err());
    }

    #[test]
    fn r72_a_weak_or_damaged_master_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        for text in
            ["", "# nothing\n", "c2hvcnQ=\n", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "not base64"]
        {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(read(&path).is_err(), "{text:?}");
        }
    }
}
