//! A list of breached passwords in a file, which need not fit into memory.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use tegata_core::password::Blocklist;

/// The longest line that is read, in bytes: a hash, a colon, a count and the line's end.
const MAX_LINE: u64 = 128;
/// What is read at a time, in bytes: a few pages, which hold some hundred lines.
const WINDOW: u64 = 8 * 1024;
/// How often the place is worked out from the hash itself, before the search only halves what is left. Real hashes
/// lie evenly, and three are enough.
const GUESSES: u32 = 8;

/// A SHA-1.
type Hash = [u8; 20];

/// Passwords known from breaches: the file of "Pwned Passwords" of *Have I Been Pwned*, SHA-1, ordered by hash.
///
/// Each line is `SHA1:COUNT`, in hexadecimal of either case. The file is searched where it lies, in a few small reads
/// for one password, however large it is. Nothing of the password leaves the machine (ASVS 6.2.12).
///
/// When the file cannot be read after it was opened, the password counts as not found and an error is logged: a bad
/// disk shall not keep everyone from changing a password, and the list that is compiled in still holds
/// ([`CommonPasswords`](crate::CommonPasswords)). Replace the file by renaming another one over it and starting again.
#[derive(Debug)]
pub struct BreachedList {
    path: PathBuf,
    file: Mutex<File>,
    len: u64,
}

/// Why a list of breached passwords was not opened.
#[derive(Debug, thiserror::Error)]
pub enum BreachedListError {
    /// It could not be read.
    #[error("cannot read the list of breached passwords {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is something else, such as a list of NTLM hashes, or it is ordered otherwise.
    #[error("{} is not a list of lines `SHA1:COUNT`, ordered by hash", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
}

impl BreachedList {
    /// Opens a list, and looks at a sample of its lines: whether they are what is expected, and in order.
    ///
    /// # Errors
    /// [`BreachedListError`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, BreachedListError> {
        let path = path.into();
        match open_ordered(&path) {
            Ok((file, len)) => Ok(Self { path, file: Mutex::new(file), len }),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(BreachedListError::Format { path })
            }
            Err(source) => Err(BreachedListError::Io { path, source }),
        }
    }

    /// Whether this hash is in the file.
    fn find(&self, wanted: &Hash) -> io::Result<bool> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // Invariant: a line begins at `low`, and the wanted one begins there or later, and before `high`.
        let (mut low, mut high) = (0, self.len);
        let (mut below, mut above) = (0, u64::MAX);
        let mut round = 0;
        while low < high {
            let left = high - low;
            let part = if round < GUESSES { share(left, wanted, below, above) } else { left / 2 };
            round += 1;
            let from = (low + part).saturating_sub(WINDOW / 2).max(low);
            let lines = lines_within(&mut file, from, (from + WINDOW).min(high), from == low)?;
            match place(&lines, wanted) {
                Place::Found => return Ok(true),
                Place::Between => return Ok(false),
                Place::Before(first) => (high, above) = (from, prefix(&first)),
                Place::After(last, next) => (low, below) = (next, prefix(&last)),
                // No line begins in the window, which then reaches from within the last line to `high`.
                Place::Nowhere => high = from,
            }
        }
        Ok(false)
    }
}

impl Blocklist for BreachedList {
    fn contains(&self, password: &str) -> bool {
        let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        let mut wanted = Hash::default();
        wanted.copy_from_slice(sha1.as_ref());
        self.find(&wanted).unwrap_or_else(|error| {
            tracing::error!(path = %self.path.display(), %error, "cannot read the list of breached passwords");
            false
        })
    }
}

/// Opens the file, and reads lines all over it.
fn open_ordered(path: &Path) -> io::Result<(File, u64)> {
    const SAMPLES: u64 = 64;
    let mut file = File::open(path)?;
    let len = file.seek(SeekFrom::End(0))?;
    let mut last = None;
    for sample in 0..SAMPLES {
        let from = len / SAMPLES * sample;
        for line in lines_within(&mut file, from, (from + WINDOW).min(len), from == 0)? {
            // The windows of a small file overlap: what was read before may come again.
            if last.is_some_and(|(begin, hash)| line.begin > begin && line.hash < hash) {
                return Err(io::ErrorKind::InvalidData.into());
            }
            last = last.filter(|(begin, _)| *begin >= line.begin).or(Some((line.begin, line.hash)));
        }
    }
    if last.is_some() { Ok((file, len)) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// A line of the file.
struct Line {
    hash: Hash,
    begin: u64,
    /// Where the next one begins.
    next: u64,
}

/// Where a hash belongs, as seen from some consecutive lines.
enum Place {
    Found,
    /// Before the first of them, which is this.
    Before(Hash),
    /// It would stand between two of them.
    Between,
    /// After the last of them, which is this; the next one begins here.
    After(Hash, u64),
    /// There are no lines.
    Nowhere,
}

fn place(lines: &[Line], wanted: &Hash) -> Place {
    match (lines.binary_search_by(|line| line.hash.cmp(wanted)), lines.first(), lines.last()) {
        (Ok(_), ..) => Place::Found,
        (_, None, _) | (_, _, None) => Place::Nowhere,
        (Err(0), Some(first), _) => Place::Before(first.hash),
        (Err(at), _, Some(last)) if at == lines.len() => Place::After(last.hash, last.next),
        (Err(_), ..) => Place::Between,
    }
}

/// The lines that begin at `from` or after it, and before `to`. `is_begin` says that one begins at `from`.
fn lines_within(file: &mut File, from: u64, to: u64, is_begin: bool) -> io::Result<Vec<Line>> {
    // A line begins at `from` also when the byte before ends one.
    let start = if is_begin { from } else { from - 1 };
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(to + MAX_LINE - start).read_to_end(&mut bytes)?;
    let mut begin = start;
    let mut lines = Vec::new();
    for (number, text) in bytes.split_inclusive(|&b| b == b'\n').enumerate() {
        let next = begin + text.len() as u64;
        if begin >= to {
            break;
        }
        if is_begin || number > 0 {
            let hash = parse(text).ok_or(io::ErrorKind::InvalidData)?;
            lines.push(Line { hash, begin, next });
        }
        begin = next;
    }
    Ok(lines)
}

/// The hash of a line `SHA1:COUNT`.
fn parse(line: &[u8]) -> Option<Hash> {
    let (digits, rest) = line.trim_ascii_end().split_at_checked(40)?;
    let count = rest.strip_prefix(b":")?;
    if count.is_empty() || !count.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut hash = Hash::default();
    for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
        let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(hash)
}

/// The first eight bytes, as a number.
fn prefix(hash: &Hash) -> u64 {
    hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// How far into `size` bytes a hash lies, if those between `below` and `above` fill them evenly.
fn share(size: u64, wanted: &Hash, below: u64, above: u64) -> u64 {
    let part = u128::from(prefix(wanted).saturating_sub(below));
    let whole = u128::from(above.saturating_sub(below).max(1));
    u64::try_from(u128::from(size) * part / whole).unwrap_or(size).min(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of these passwords, and of as many others as are asked for.
    fn list(passwords: &[&str], others: u32, end: &str) -> tempfile::NamedTempFile {
        let others = (0..others).map(|n| format!("other {n}"));
        let all = passwords.iter().map(|&p| p.to_owned()).chain(others);
        let mut lines: Vec<_> = all
            .enumerate()
            .map(|(n, p)| {
                let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, p.as_bytes());
                let number = |bytes: &[u8]| bytes.iter().fold(0_u128, |n, byte| n << 8 | u128::from(*byte));
                let (high, low) = sha1.as_ref().split_at(10);
                let count = u64::pow(10, u32::try_from(n % 9).unwrap());
                format!("{:020X}{:020X}:{count}{end}", number(high), number(low))
            })
            .collect();
        lines.sort();
        file(&lines.concat())
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn open(file: &tempfile::NamedTempFile) -> BreachedList {
        BreachedList::open(file.path()).unwrap()
    }

    #[test]
    fn r57_every_breached_password_is_found_and_no_other() {
        for (others, end) in [(0, "\n"), (1, "\r\n"), (2, "\n"), (300, "\r\n"), (20_000, "\n")] {
            let file = list(&["hunter2"], others, end);
            let list = open(&file);
            assert!(list.contains("hunter2"));
            for n in (0..others).step_by(1 + others as usize / 500) {
                assert!(list.contains(&format!("other {n}")), "{n} of {others}");
            }
            for n in others..others + 500 {
                assert!(!list.contains(&format!("other {n}")), "{n} is not among {others}");
            }
            assert!(!list.contains(""));
        }
    }

    #[test]
    fn r57_a_breached_password_counts_as_it_is_written() {
        let list = list(&["Correct Horse", "合言葉"], 10, "\n");
        let list = open(&list);
        assert!(list.contains("Correct Horse") && list.contains("合言葉"));
        assert!(!list.contains("correct horse"));
    }

    #[test]
    fn the_last_line_needs_no_end_and_digits_may_be_small() {
        let text = std::fs::read_to_string(list(&["hunter2"], 500, "\n").path()).unwrap();
        let list = file(&text.trim_end().to_lowercase());
        let list = open(&list);
        assert!(list.contains("hunter2"));
        assert!((0..500).all(|n| list.contains(&format!("other {n}"))));
    }

    #[test]
    fn a_list_that_lies_unevenly_is_searched_all_the_same() {
        // Half of all lines begin with the same eight bytes, where no guess from them helps.
        let line = |n: u32| format!("{}{n:024x}:1\n", "7".repeat(16));
        let mut text: String = (0..20_000).map(line).collect();
        text += &std::fs::read_to_string(list(&[], 20_000, "\n").path()).unwrap();
        let mut lines: Vec<_> = text.lines().map(|line| line.to_uppercase() + "\n").collect();
        lines.sort();
        let file = file(&lines.concat());
        let list = open(&file);
        assert!((0..20_000).step_by(97).all(|n| list.contains(&format!("other {n}"))));
        for n in (0..20_000).step_by(97) {
            assert!(list.find(&parse(line(n).as_bytes()).unwrap()).unwrap(), "{n}");
        }
        assert!(!list.find(&parse(line(20_000).as_bytes()).unwrap()).unwrap());
    }

    #[test]
    fn what_is_not_such_a_list_is_refused() {
        let ordered = std::fs::read_to_string(list(&[], 1_000, "\n").path()).unwrap();
        let reversed = ordered.lines().rev().collect::<Vec<_>>().join("\n");
        let [ntlm, ranges] =
            [8, 5].map(|cut| ordered.lines().map(|l| &l[cut..]).collect::<Vec<_>>().join("\n"));
        for text in ["", "\n", "hunter2\n", &reversed, &ntlm, &ranges, &"0".repeat(100_000)] {
            let file = file(text);
            assert!(
                matches!(BreachedList::open(file.path()), Err(BreachedListError::Format { .. })),
                "{text:.80}"
            );
        }
        assert!(matches!(BreachedList::open("/nonexistent/list"), Err(BreachedListError::Io { .. })));
    }

    #[test]
    fn a_list_that_cannot_be_read_any_more_blocks_nobody() {
        let file = list(&["hunter2"], 20_000, "\n");
        let list = open(&file);
        std::fs::write(file.path(), "x".repeat(usize::try_from(list.len).unwrap())).unwrap();
        assert!(list.find(&Hash::default()).is_err());
        assert!(!list.contains("hunter2"));
    }
}
