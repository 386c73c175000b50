//! Files that hold one key: a comment that says what it is, and 32 bytes in base64.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tegata_core::entropy::Entropy;
use zeroize::Zeroizing;

use crate::data_dir::check_private;
use crate::failure::Failure;
use crate::new_file::NewFile;

/// The length of the key, in bytes.
pub(crate) const KEY_LENGTH: usize = 32;

/// The longest file that is read: the comment and the key are far shorter.
const MAX_FILE: u64 = 4096;

/// A kind of key.
pub(crate) struct KeyFile {
    /// What people call it.
    pub(crate) name: &'static str,
    /// The comment at the top of the file.
    pub(crate) comment: &'static str,
    /// What to do where it is missing.
    pub(crate) when_missing: &'static str,
}

impl KeyFile {
    /// Reads the key.
    ///
    /// # Errors
    /// When it is absent, open to others, or no key.
    pub(crate) fn read(&self, path: &Path) -> Result<Zeroizing<[u8; KEY_LENGTH]>, Failure> {
        let shown = path.display();
        let metadata = fs::metadata(path).map_err(|error| self.missing(path, &error))?;
        check_private(path, metadata.mode(), &format!("the {}", self.name))?;
        let no_key = || {
            Failure::new(format_args!("{shown} holds no {}", self.name)).advise(
                "put back the file as it was made: one line with 32 bytes in base64 after the comment",
            )
        };
        if metadata.len() > MAX_FILE {
            return Err(no_key());
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| self.missing(path, &error))?);
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(line), None) = (lines.next(), lines.next()) else { return Err(no_key()) };
        let bytes = Zeroizing::new(STANDARD.decode(line).map_err(|_| no_key())?);
        let bytes: [u8; KEY_LENGTH] = bytes.as_slice().try_into().map_err(|_| no_key())?;
        // A file of zeros is what a disk gives back after some crashes, and what placeholders are made of.
        if bytes == [bytes[0]; KEY_LENGTH] { Err(no_key()) } else { Ok(Zeroizing::new(bytes)) }
    }

    /// Makes a key, unless there is a file already; then that one is read.
    ///
    /// Of several processes that do this at once, all end with the same key.
    pub(crate) fn make(
        &self,
        path: &Path,
        entropy: &dyn Entropy,
    ) -> Result<Zeroizing<[u8; KEY_LENGTH]>, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(format_args!("the {} {} cannot be made: {error}", self.name, path.display()))
        };
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        entropy.fill(bytes.as_mut_slice()).map_err(|error| failed(&error))?;
        match self.write_new(path, bytes.as_slice()) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.read(path),
            Err(error) => Err(failed(&error)),
        }
    }

    fn write_new(&self, path: &Path, key: &[u8]) -> io::Result<()> {
        let text = Zeroizing::new(format!("{}{}\n", self.comment, STANDARD.encode(key)));
        let mut file = NewFile::create(path)?;
        file.file().write_all(text.as_bytes())?;
        file.finish()
    }

    fn missing(&self, path: &Path, error: &io::Error) -> Failure {
        Failure::new(format_args!("the {} {} cannot be read: {error}", self.name, path.display()))
            .advise(self.when_missing)
    }
}
