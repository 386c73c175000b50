//! The files: the log, and the head beside it.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use tegata_core::timestamp::Timestamp;

use super::chain::{Entry, Head};
use crate::data_dir::PRIVATE_FILE;

/// The log, open for appending. Other processes may append to the same file.
pub(super) struct LogFile {
    file: File,
    head_file: File,
    key: hmac::Key,
    /// The newest line that this process knows, and where it ends.
    head: Head,
    length: u64,
    /// Whether there are lines that the head file does not tell of yet.
    is_dirty: bool,
}

/// No file has this length, so the first look at one always reads its end.
const UNKNOWN: u64 = u64::MAX;
/// How far back the end of the last line is looked for.
const MAX_TAIL: u64 = 128 * 1024;

/// Where the head of a log is noted.
pub(crate) fn head_path(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".head");
    PathBuf::from(name)
}

fn open(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(false).mode(PRIVATE_FILE).open(path)
}

impl LogFile {
    /// Opens the log, or makes it.
    pub(super) fn open(path: &Path, key: hmac::Key) -> io::Result<Self> {
        let (file, head_file) = (open(path)?, open(&head_path(path))?);
        let mut log = Self { file, head_file, key, head: Head::start(), length: UNKNOWN, is_dirty: false };
        // From before the first line on there is always a head, so that a missing one means something.
        log.file.lock()?;
        if log.file.metadata()?.len() == 0 && log.head_file.metadata()?.len() == 0 {
            log.write_head()?;
            log.head_file.sync_data()?;
        }
        log.file.unlock()?;
        Ok(log)
    }

    /// Appends the entries as one: all of them, or none.
    pub(super) fn append(&mut self, entries: &[Entry<'_>], now: Timestamp) -> io::Result<()> {
        self.file.lock()?;
        let appended = self.append_locked(entries, now);
        let unlocked = self.file.unlock();
        appended.and(unlocked)
    }

    fn append_locked(&mut self, entries: &[Entry<'_>], now: Timestamp) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut head = self.catch_up(now, &mut bytes)?;
        for entry in entries {
            head = head.append(&self.key, entry, &mut bytes);
        }
        self.file.seek(SeekFrom::Start(self.length))?;
        if let Err(error) = self.file.write_all(&bytes) {
            // Half a line would end the chain; shortening works on a full disk, too.
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += bytes.len() as u64;
        self.head = head;
        self.is_dirty = true;
        Ok(())
    }

    /// Learns what others have appended, and gives the head to go on from. A line that its writer did not finish is
    /// removed, and `bytes` begins with a line that says so.
    fn catch_up(&mut self, now: Timestamp, bytes: &mut Vec<u8>) -> io::Result<Head> {
        let length = self.file.metadata()?.len();
        if length == self.length {
            return Ok(self.head.clone());
        }
        let start = length.saturating_sub(MAX_TAIL);
        let mut tail = Vec::new();
        self.file.seek(SeekFrom::Start(start))?;
        (&self.file).take(MAX_TAIL).read_to_end(&mut tail)?;
        let complete = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let torn = (tail.len() - complete) as u64;
        let last =
            tail[..complete].strip_suffix(b"\n").and_then(|lines| lines.rsplit(|byte| *byte == b'\n').next());
        let head = match last {
            None => Some(Head::start()),
            Some(line) => Head::of_line(line),
        };
        let noted = self.noted().unwrap_or_else(Head::start);
        self.head = match head {
            Some(head) if head.seq >= noted.seq => head,
            // Chained to the head that was noted, so that the gap stays to be seen.
            _ => {
                tracing::error!("the end of the audit log was removed or changed: run `tegata audit verify`");
                noted
            }
        };
        self.length = length - torn;
        if torn == 0 {
            return Ok(self.head.clone());
        }
        self.file.set_len(self.length)?;
        Ok(self.head.append(&self.key, &Entry::TornLineRemoved { at: now, bytes: torn }, bytes))
    }

    fn noted(&mut self) -> Option<Head> {
        let mut text = String::new();
        self.head_file.rewind().ok()?;
        self.head_file.read_to_string(&mut text).ok()?;
        Head::unseal(&self.key, &text)
    }

    /// Brings the lines to the disk, and only then notes the head: after a loss of power the head must not be ahead of
    /// the log.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if !self.is_dirty {
            return Ok(());
        }
        self.file.sync_data()?;
        self.file.lock()?;
        let noted = self.note_head();
        let unlocked = self.file.unlock();
        noted.and(unlocked)?;
        self.is_dirty = false;
        Ok(())
    }

    fn note_head(&mut self) -> io::Result<()> {
        match self.noted() {
            // Never replaced: whoever took it away may also have cut the log.
            None => Err(io::Error::other("its head is gone or was changed: run `tegata audit verify`")),
            // Another process has noted a later one.
            Some(noted) if noted.seq >= self.head.seq => Ok(()),
            Some(_) => self.write_head(),
        }
    }

    fn write_head(&mut self) -> io::Result<()> {
        let line = self.head.seal(&self.key);
        self.head_file.rewind()?;
        self.head_file.write_all(line.as_bytes())?;
        self.head_file.set_len(line.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r67_a_head_that_could_not_be_noted_is_noted_later_without_another_event() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.jsonl");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        let now = Timestamp::from_secs(1_000);
        let mut log = LogFile::open(&path, key).unwrap();
        log.append(&[Entry::EventsMissed { at: now, count: 1 }], now).unwrap();
        let head = std::fs::read(head_path(&path)).unwrap();
        std::fs::write(head_path(&path), "unreadable").unwrap();
        assert!(log.sync().is_err());
        std::fs::write(head_path(&path), head).unwrap();
        log.sync().unwrap();
        assert_eq!(log.noted().unwrap().seq, 1);
    }
}
