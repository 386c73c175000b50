//! Passwords: what is accepted, and the port to the function that hashes them.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::user::{EmailAddress, InvalidField, Username};

/// The longest password that is read, in bytes of UTF-8: far beyond what anyone types, and a bound on the work of
/// hashing it. A longer one is refused, never cut (ASVS 6.2.8).
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// A password as it is hashed: in Unicode's normal form C, whole, nothing trimmed (NIST SP 800-63B-4 §3.1.1.2).
///
/// It is wiped from memory when dropped, and its `Debug` shows nothing.
pub struct Password(Zeroizing<String>);

impl Password {
    /// Reads a password; `NUL` and every other character count.
    ///
    /// # Errors
    /// [`InvalidField::Required`] when empty, [`InvalidField::TooLong`] past [`MAX_PASSWORD_BYTES`].
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        if text.is_empty() {
            return Err(InvalidField::Required);
        }
        if text.len() > MAX_PASSWORD_BYTES {
            return Err(InvalidField::TooLong);
        }
        let normal: Zeroizing<String> = Zeroizing::new(text.nfc().collect());
        // A few characters grow when composed; the bound holds for what is hashed too.
        if normal.len() > MAX_PASSWORD_BYTES { Err(InvalidField::TooLong) } else { Ok(Self(normal)) }
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The hash of a password, as a PHC string. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// One from its PHC string.
    pub fn from_phc(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// The PHC string.
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Knows the passwords that guessers try first.
pub trait Blocklist: Send + Sync {
    /// Whether this password, in lower case, is one of them.
    ///
    /// `password` is also asked as a whole for lists of exact, breached passwords.
    fn contains(&self, password: &str) -> bool;
}

/// Checks a new password against the policy (NIST SP 800-63B-4 §3.1.1.2): a length and a list, no rule of composition.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_new_password(
    password: &Password,
    min_length: usize,
    username: Option<&Username>,
    email: Option<&EmailAddress>,
    service: &str,
    blocklist: &dyn Blocklist,
) -> Result<(), InvalidField> {
    // Characters, as a person counts them; a code point is what SP 800-63B-4 calls one.
    if password.0.chars().count() < min_length {
        return Err(InvalidField::TooShort);
    }
    let lower = Zeroizing::new(password.0.to_lowercase());
    if username.is_some_and(|username| lower.contains(username.canonical())) {
        return Err(InvalidField::ContainsUsername);
    }
    let local_part =
        email.and_then(|email| email.canonical().split('@').next()).filter(|part| part.len() >= 4);
    let context = [Some(service).filter(|service| service.len() >= 4), local_part];
    let is_blocked = blocklist.contains(&password.0)
        || blocklist.contains(&lower)
        || unit(&lower).is_some_and(|unit| unit.chars().count() < 4 || blocklist.contains(unit))
        || is_run(&lower)
        || context.into_iter().flatten().any(|word| made_of(&lower, word));
    if is_blocked { Err(InvalidField::Blocked) } else { Ok(()) }
}

/// The shortest text that gives the password when repeated, if it is a repetition: `passwordpassword`, `aaaa…`.
fn unit(password: &str) -> Option<&str> {
    let half = password.len() / 2;
    (1..=half)
        .filter(|&n| password.len().is_multiple_of(n) && password.is_char_boundary(n))
        .map(|n| &password[..n])
        .find(|unit| password.as_bytes().chunks(unit.len()).all(|chunk| chunk == unit.as_bytes()))
}

/// Whether the password only counts up or down: `abcdefghijklmno`, `987654321`, `1234567890123456`.
fn is_run(password: &str) -> bool {
    let step = |from: u8, to: u8| match (from, to) {
        (b'9', b'0') => Some(1),
        (b'0', b'9') => Some(-1),
        _ => Some(i16::from(to) - i16::from(from)).filter(|step| step.abs() == 1),
    };
    let bytes = password.as_bytes();
    let Some(first) = bytes.first().zip(bytes.get(1)).and_then(|(a, b)| step(*a, *b)) else { return false };
    bytes.windows(2).all(|pair| step(pair[0], pair[1]) == Some(first))
}

/// Whether, apart from this word, there is nothing but digits and signs: `tegata-2026-tegata`.
fn made_of(password: &str, word: &str) -> bool {
    let word = word.to_lowercase();
    password.contains(&word) && !password.replace(&word, "").chars().any(char::is_alphabetic)
}

/// The port to the hash function for passwords (Argon2id), which is slow and large on purpose.
///
/// It is entered through a gate, before any store is asked: a storm of logins is turned away at the door and takes
/// neither memory nor the time of others.
pub trait PasswordHasher: Send + Sync {
    /// A place in the queue.
    ///
    /// # Errors
    /// [`HashError::Overloaded`] when the queue is full.
    fn admit(&self) -> Result<Box<dyn HashPlace>, HashError>;
}

/// A place in the queue for hashing; dropping it gives it back.
#[async_trait]
pub trait HashPlace: Send {
    /// Hashes a new password with today's parameters and a new salt.
    ///
    /// # Errors
    /// [`HashError::Failed`].
    async fn hash(&mut self, password: Password) -> Result<PasswordHash, HashError>;

    /// Verifies a password. With no hash, which is how an unknown user is verified, it does the same work and never matches.
    ///
    /// # Errors
    /// [`HashError::Failed`], also for a stored hash that cannot be read.
    async fn verify(
        &mut self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verification, HashError>;
}

/// The outcome of verifying a password.
#[derive(Debug)]
pub struct Verification {
    /// Whether it is the right one.
    pub matches: bool,
    /// The password hashed anew, when it matches and its hash was made with other parameters than today's.
    pub rehashed: Option<PasswordHash>,
}

/// Why no password was hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The queue is full; it is worth trying again after this time.
    #[error("too many passwords are waiting to be hashed")]
    Overloaded {
        /// About how long the queue takes to pass.
        retry_after: Duration,
    },
    /// The hash function refused.
    #[error("password hashing failed")]
    Failed,
}

#[cfg(test)]
mod tests;
