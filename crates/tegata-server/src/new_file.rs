//! Files that nobody but their owner can read, and that appear whole or not at all.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::data_dir::PRIVATE_FILE;

/// A file that is being written. Until it is [finished](Self::finish) it has another name; dropped before, it is gone.
pub(crate) struct NewFile {
    file: File,
    unfinished: PathBuf,
    path: PathBuf,
}

impl NewFile {
    /// Begins a file that is to be called `path`; an error of the kind `AlreadyExists` where there is one.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        // Behind the whole name, so that two files which differ in their ends only do not meet.
        let mut unfinished = path.to_owned().into_os_string();
        unfinished.push(format!(".new-{}", std::process::id()));
        let unfinished = PathBuf::from(unfinished);
        let file = File::options().write(true).create_new(true).mode(PRIVATE_FILE).open(&unfinished)?;
        Ok(Self { file, unfinished, path: path.to_owned() })
    }

    /// What is written to.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Brings it to the disk and gives it its name, unless another file has got it in the meantime.
    pub(crate) fn finish(self) -> io::Result<()> {
        let directory =
            self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.file.sync_all()?;
        // A link, not a renaming: it never replaces a file that is there.
        fs::hard_link(&self.unfinished, &self.path)?;
        File::open(directory)?.sync_all()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.unfinished);
    }
}
