//! Reading the file, line by line, and believing none of it.

use std::io::{self, BufRead, Read as _};

use aws_lc_rs::{constant_time, hmac};
use serde::de::DeserializeOwned;
use tegata_core::client::{Client, ClientId};
use tegata_core::consent::Consent;
use tegata_core::key_set::{KeyError, KeySet, Sealed};
use tegata_core::seal::SealError;
use tegata_core::session::Session;
use tegata_core::user::{User, UserStatus};

use super::record::{
    AnyHeader, BadMember, ConsentRecord, Counts, FORMAT, Header, Line, SessionRecord, VERSION,
    VERSION_WITHOUT_ATTRIBUTES, VERSION_WITHOUT_CLIENTS,
};
use super::transfer_key::TransferKey;
use super::writer::last_line;

/// The longest line that is read, in bytes: some thousand times what a user takes.
const MAX_LINE: u64 = 4 * 1024 * 1024;

/// Why a file is refused. No text holds anything of a record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("it is no export of Tegata")]
    NoExport,
    #[error("it has version {0} of the format, and this program knows versions up to {VERSION}")]
    OtherVersion(u32),
    #[error("it was made with another transfer key")]
    OtherKey,
    #[error("it was changed, or cut and mended, after it was made")]
    Changed,
    #[error("it ends before its last line: it was cut")]
    Cut,
    #[error("something stands behind its last line")]
    Trailing,
    #[error("its signing keys cannot be used")]
    Keys(#[from] KeyError),
    #[error("line {0} is too long")]
    TooLong(u64),
    #[error("line {0} is no record of an export")]
    NoRecord(u64),
    #[error("line {0} has a {1} that is not valid")]
    BadMember(u64, &'static str),
    #[error("line {0} is not in order, or is there twice")]
    OutOfOrder(u64),
    #[error("line {0} is a session of nobody")]
    NobodysSession(u64),
    #[error("line {0} is a consent of nobody")]
    NobodysConsent(u64),
    #[error("it cannot be read")]
    Io(#[from] io::Error),
}

/// What is written as a whole.
pub(super) enum Entry {
    Client(Box<Client>),
    Account(Box<Account>),
}

/// A user with their consents and sessions.
pub(super) struct Account {
    pub(super) user: User,
    pub(super) consents: Vec<Consent>,
    pub(super) sessions: Vec<Session>,
}

/// A file that was found true from its first line to its last.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) header: Header,
    pub(crate) counts: Counts,
    /// Whether there are passwords that cannot be verified without the pepper of the old installation.
    pub(crate) has_pepper: bool,
}

/// Reads a file once, from its first line to its last. Only after the last line is any of it to be believed.
pub(crate) struct Reader<R> {
    input: R,
    mac: hmac::Context,
    counts: Counts,
    line: u64,
    /// The last client.
    client_id: Option<ClientId>,
    /// The user whose consents and sessions come next.
    user: Option<User>,
    has_ended: bool,
    has_pepper: bool,
    header: Header,
    key_set: KeySet,
}

impl<R: BufRead> Reader<R> {
    /// Reads the first two lines.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(crate) fn open(mut input: R, key: &TransferKey) -> Result<Self, Refusal> {
        let first = read_line(&mut input, 1)?;
        let any: AnyHeader = serde_json::from_slice(&first).map_err(|_| Refusal::NoExport)?;
        if any.format != FORMAT {
            return Err(Refusal::NoExport);
        }
        if !matches!(any.version, VERSION | VERSION_WITHOUT_ATTRIBUTES | VERSION_WITHOUT_CLIENTS) {
            return Err(Refusal::OtherVersion(any.version));
        }
        let header: Header = parse(&first, 1)?;
        if header.transfer_key != key.id {
            return Err(Refusal::OtherKey);
        }
        let second = read_line(&mut input, 2)?;
        let Line::KeySet(key_set) = parse(&second, 2)? else { return Err(Refusal::NoRecord(2)) };
        let mut mac = hmac::Context::with_key(&key.mac);
        mac.update(&first);
        mac.update(&second);
        let counts = Counts::default();
        Ok(Self {
            input,
            mac,
            counts,
            line: 2,
            client_id: None,
            user: None,
            has_ended: false,
            has_pepper: false,
            header,
            key_set,
        })
    }

    /// The signing keys, sealed anew by `seal`, which gets what was sealed and its place.
    ///
    /// # Errors
    /// [`Refusal::Keys`].
    pub(super) fn key_set(
        &self,
        key: &TransferKey,
        seal: impl Fn(&[u8], &str) -> Result<Sealed, SealError>,
    ) -> Result<KeySet, Refusal> {
        Ok(self.key_set.resealed(|sealed, place| seal(&key.sealing.open(sealed, place)?, place))?)
    }

    /// Reads all that is left, and says what there was.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(crate) fn check(mut self) -> Result<Checked, Refusal> {
        while self.next()?.is_some() {}
        Ok(Checked { header: self.header, counts: self.counts, has_pepper: self.has_pepper })
    }

    /// The next client; or, after all of them, the next user with all that is theirs. The last user, and `None`, only once the
    /// last line was found true.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, Refusal> {
        let (mut consents, mut sessions) = (Vec::new(), Vec::new());
        while !self.has_ended {
            match self.read()? {
                Line::KeySet(_) => return Err(Refusal::NoRecord(self.line)),
                Line::Client(client) => {
                    self.check_client(&client)?;
                    return Ok(Some(Entry::Client(client)));
                }
                Line::Consent(record) => {
                    if !sessions.is_empty() {
                        return Err(Refusal::OutOfOrder(self.line));
                    }
                    consents.push(self.consent(record, consents.last())?);
                }
                Line::Session(record) => sessions.push(self.session(*record, sessions.last())?),
                Line::User(record) => {
                    let user = User::try_from(record).map_err(|bad| self.bad(bad))?;
                    self.has_pepper |= has_pepper(user.credential.password_hash.as_phc());
                    if self.user.as_ref().is_some_and(|before| before.user_id >= user.user_id) {
                        return Err(Refusal::OutOfOrder(self.line));
                    }
                    if let Some(user) = self.user.replace(user) {
                        return Ok(Some(Entry::Account(Box::new(Account { user, consents, sessions }))));
                    }
                }
                Line::End(_) => self.has_ended = true,
            }
        }
        let last = self.user.take().map(|user| Account { user, consents, sessions });
        Ok(last.map(|account| Entry::Account(Box::new(account))))
    }

    /// Reads a line. The last one is compared with the one that follows from all before it, and must be the last.
    fn read(&mut self) -> Result<Line, Refusal> {
        self.line += 1;
        let bytes = read_line(&mut self.input, self.line)?;
        let line = parse(&bytes, self.line)?;
        if matches!(line, Line::End(_)) {
            let expected = last_line(self.counts, self.mac.clone())?;
            constant_time::verify_slices_are_equal(&expected, &bytes).map_err(|_| Refusal::Changed)?;
            return if self.input.fill_buf()?.is_empty() { Ok(line) } else { Err(Refusal::Trailing) };
        }
        let is_of_later = match self.header.version {
            VERSION_WITHOUT_CLIENTS => is_of_a_client(&line) || has_attributes(&line),
            VERSION_WITHOUT_ATTRIBUTES => has_attributes(&line),
            _ => false,
        };
        if is_of_later {
            return Err(Refusal::NoRecord(self.line));
        }
        self.counts.add(&line);
        self.mac.update(&bytes);
        Ok(line)
    }

    /// Clients stand before all users, in the order of their names.
    fn check_client(&mut self, client: &Client) -> Result<(), Refusal> {
        let is_in_order = self.client_id.as_ref().is_none_or(|before| *before < client.client_id);
        if self.user.is_some() || !is_in_order {
            return Err(Refusal::OutOfOrder(self.line));
        }
        self.client_id = Some(client.client_id.clone());
        Ok(())
    }

    fn consent(&self, record: ConsentRecord, before: Option<&Consent>) -> Result<Consent, Refusal> {
        let user = self.user.as_ref().filter(|user| record.user_id == user.user_id.to_string());
        let consent = record.of(user.ok_or(Refusal::NobodysConsent(self.line))?);
        if before.is_some_and(|before| before.client_id >= consent.client_id) {
            return Err(Refusal::OutOfOrder(self.line));
        }
        Ok(consent)
    }

    fn session(&self, record: SessionRecord, before: Option<&Session>) -> Result<Session, Refusal> {
        // A closed account has no sessions, so one of it is nobody's as well.
        let user = self
            .user
            .as_ref()
            .filter(|user| user.status == UserStatus::Active && record.user_id == user.user_id.to_string());
        let user = user.ok_or(Refusal::NobodysSession(self.line))?;
        let session = record.of(user).map_err(|bad| self.bad(bad))?;
        if before.is_some_and(|before| before.session_id >= session.session_id) {
            return Err(Refusal::OutOfOrder(self.line));
        }
        Ok(session)
    }

    fn bad(&self, BadMember(member): BadMember) -> Refusal {
        Refusal::BadMember(self.line, member)
    }
}

/// Whether there was no such line before there were clients.
fn is_of_a_client(line: &Line) -> bool {
    match line {
        Line::Client(_) | Line::Consent(_) => true,
        Line::Session(session) => session.grant.is_some(),
        Line::KeySet(_) | Line::User(_) | Line::End(_) => false,
    }
}

/// Whether there was no such user before they had attributes.
fn has_attributes(line: &Line) -> bool {
    matches!(line, Line::User(user) if user.attributes.is_some())
}

/// Whether a hash was made with a pepper, which its PHC string then names.
fn has_pepper(phc: &str) -> bool {
    phc.split(['$', ',']).any(|part| part.starts_with("keyid="))
}

/// A line with its end. A file that ends before or within it was cut.
fn read_line(input: &mut impl BufRead, line: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    input.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes)?;
    match bytes.last() {
        Some(b'\n') => Ok(bytes),
        _ if bytes.len() as u64 == MAX_LINE => Err(Refusal::TooLong(line)),
        // Whatever it is, it does not even begin as an export does.
        _ if line == 1 => Err(Refusal::NoExport),
        _ => Err(Refusal::Cut),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8], line: u64) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|_| Refusal::NoRecord(line))
}
