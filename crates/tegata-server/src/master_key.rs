//! The file of the master key: apart from the database, so that a copy of that alone is worth nothing.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tegata_core::entropy::Entropy;
use tegata_core::master_key::MasterKey;
use zeroize::Zeroizing;

use crate::data_dir::{PRIVATE_FILE, check_private};
use crate::failure::Failure;

const HEADER: &str = "# The master key of Tegata. Without it the signing keys in the database cannot be used, and with both anyone\n\
                      # can sign tokens. Keep a copy, apart from the backups of the database.\n";

/// The longest file that is read: the header and the key are far shorter.
const MAX_FILE: u64 = 4096;

/// Reads the key.
///
/// # Errors
/// When it is absent, open to others, or no key.
pub(crate) fn read(path: &Path) -> Result<MasterKey, Failure> {
    let shown = path.display();
    let metadata = fs::metadata(path).map_err(|error| missing(path, &error))?;
    check_private(path, metadata.mode(), "the master key")?;
    let no_key = || {
        Failure::new(format_args!("{shown} holds no master key"))
            .advise("put back the file as it was made: one line with 32 bytes in base64 after the comment")
    };
    if metadata.len() > MAX_FILE {
        return Err(no_key());
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| missing(path, &error))?);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (Some(line), None) = (lines.next(), lines.next()) else { return Err(no_key()) };
    let bytes = Zeroizing::new(STANDARD.decode(line).map_err(|_| no_key())?);
    let bytes: [u8; MasterKey::LENGTH] = bytes.as_slice().try_into().map_err(|_| no_key())?;
    // A file of zeros is what a disk gives back after some crashes, and what placeholders are made of.
    if bytes == [bytes[0]; MasterKey::LENGTH] {
        Err(no_key())
    } else {
        Ok(MasterKey::new(Zeroizing::new(bytes)))
    }
}

/// Makes a key, unless there is a file already; then that one is read.
///
/// Of several processes that do this at once, all end with the same key.
pub(crate) fn make(path: &Path, entropy: &dyn Entropy) -> Result<MasterKey, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(format_args!("the master key {} cannot be made: {error}", path.display()))
    };
    let mut bytes = Zeroizing::new([0; MasterKey::LENGTH]);
    entropy.fill(bytes.as_mut_slice()).map_err(|error| failed(&error))?;
    match write_new(path, bytes.as_slice()) {
        Ok(()) => Ok(MasterKey::new(bytes)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(failed(&error)),
    }
}

fn missing(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format_args!("the master key {} cannot be read: {error}", path.display()))
        .advise("restore it from its backup: the database was made with it, and no other key opens it")
}

/// Writes the file whole or not at all: what is not yet on the disk has another name.
fn write_new(path: &Path, key: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unfinished = path.with_extension(format!("new-{}", std::process::id()));
    let text = Zeroizing::new(format!("{HEADER}{}\n", STANDARD.encode(key)));
    let written = (|| {
        let mut file = File::options().write(true).create_new(true).mode(PRIVATE_FILE).open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        // A link, not a renaming: it never replaces a key that is there.
        fs::hard_link(&unfinished, path)?;
        File::open(directory)?.sync_all()
    })();
    let _ = fs::remove_file(&unfinished);
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

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
