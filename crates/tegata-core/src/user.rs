//! Who has an account, and the names they go by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::attributes::{Attributes, AttributesChange, TooLarge};
use crate::identifier::UserId;
use crate::password::PasswordHash;
use crate::scope::Scope;
use crate::steering::{is_steering_in_documents, unsteered};
use crate::timestamp::Timestamp;

/// Why a text is no user name, e-mail address or profile field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum InvalidField {
    /// There is nothing.
    #[error("is required")]
    Required,
    /// Shorter than allowed.
    #[error("is too short")]
    TooShort,
    /// Longer than allowed.
    #[error("is too long")]
    TooLong,
    /// It has a character or a form that is not allowed.
    #[error("is not valid")]
    Invalid,
    /// A password that guessers try first.
    #[error("is too easy to guess")]
    Blocked,
    /// A password that holds the user's own name.
    #[error("contains the user name")]
    ContainsUsername,
}

/// The longest name to show, in characters.
const MAX_NAME: usize = 100;
/// The longest language tag (RFC 5646 §4.4.1 recommends room for 35).
const MAX_LOCALE: usize = 35;

/// Reads one line of text to show, without the spaces around it; at most so many characters.
pub(crate) fn line(text: &str, max: usize) -> Result<String, InvalidField> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(InvalidField::Required),
        n if n > max => Err(InvalidField::TooLong),
        _ if text.chars().any(is_steering_in_documents) => Err(InvalidField::Invalid),
        _ => Ok(text.to_owned()),
    }
}

/// Reads a name to show.
///
/// # Errors
/// [`InvalidField`]
pub fn display_name(text: &str) -> Result<String, InvalidField> {
    line(text, MAX_NAME).and_then(unsteered)
}

/// Reads a preferred language (BCP 47).
///
/// # Errors
/// [`InvalidField`]
pub fn language_tag(text: &str) -> Result<String, InvalidField> {
    let is_subtag =
        |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric());
    match text.len() {
        0 => Err(InvalidField::Required),
        n if n > MAX_LOCALE => Err(InvalidField::TooLong),
        _ if text.split('-').all(is_subtag) => Ok(text.to_owned()),
        _ => Err(InvalidField::Invalid),
    }
}

/// A user name: a public handle of 3–64 ASCII letters, digits, `.`, `_` and `-`, the first one a letter or digit.
///
/// ASCII only, so that no two names look alike and no normal form can join two of them; no `@`, so that it is never
/// mistaken for an e-mail address. It is kept as it was typed and compared without regard to case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username {
    text: String,
    canonical: String,
}

impl Username {
    /// The name as its owner writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The form in which names are compared, unique within a tenant.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for Username {}

impl FromStr for Username {
    type Err = InvalidField;

    fn from_str(text: &str) -> Result<Self, InvalidField> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        match text.len() {
            0 => Err(InvalidField::Required),
            1..3 => Err(InvalidField::TooShort),
            65.. => Err(InvalidField::TooLong),
            _ if !text.bytes().all(allowed) || !text.as_bytes()[0].is_ascii_alphanumeric() => {
                Err(InvalidField::Invalid)
            }
            _ => Ok(Self { text: text.to_owned(), canonical: text.to_ascii_lowercase() }),
        }
    }
}

impl TryFrom<String> for Username {
    type Error = InvalidField;

    fn try_from(text: String) -> Result<Self, InvalidField> {
        text.parse()
    }
}

impl From<Username> for String {
    fn from(username: Username) -> Self {
        username.text
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An e-mail address (RFC 5321 §4.1.2, dot-string form), ASCII only, at most 254 bytes, exactly one `@`.
///
/// Anything that a normal form could turn into another address is outside ASCII and refused, so validation and use see
/// the same text. Compared without regard to case.
#[derive(Clone, Debug)]
pub struct EmailAddress {
    text: String,
    canonical: String,
}

impl EmailAddress {
    /// The address as its owner writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The form in which addresses are compared.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for EmailAddress {}

impl FromStr for EmailAddress {
    type Err = InvalidField;

    fn from_str(text: &str) -> Result<Self, InvalidField> {
        if text.is_empty() {
            return Err(InvalidField::Required);
        }
        if text.len() > 254 {
            return Err(InvalidField::TooLong);
        }
        let (local, domain) = text.split_once('@').ok_or(InvalidField::Invalid)?;
        let atom = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        };
        let label = |part: &str| {
            (1..=63).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        if local.len() <= 64
            && local.split('.').all(atom)
            && domain.contains('.')
            && domain.split('.').all(label)
        {
            Ok(Self { text: text.to_owned(), canonical: text.to_ascii_lowercase() })
        } else {
            Err(InvalidField::Invalid)
        }
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What someone types into the field "user name" to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginName {
    /// A user name.
    Username(Username),
    /// An e-mail address; it finds a user only once its owner has proved it.
    Email(EmailAddress),
}

impl LoginName {
    /// The form in which it is compared and in which failures are counted.
    pub fn canonical(&self) -> &str {
        match self {
            Self::Username(username) => username.canonical(),
            Self::Email(email) => email.canonical(),
        }
    }
}

impl FromStr for LoginName {
    type Err = InvalidField;

    fn from_str(text: &str) -> Result<Self, InvalidField> {
        if text.contains('@') { text.parse().map(Self::Email) } else { text.parse().map(Self::Username) }
    }
}

/// An e-mail address on an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserEmail {
    /// The address.
    pub address: EmailAddress,
    /// Whether its owner has proved it. Until then it is a note: not unique, and not good for logging in.
    pub verified: bool,
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// It may.
    Active,
    /// An operator has closed it: no login, no session.
    Disabled,
}

/// An account, as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Whom tokens speak of (`sub`).
    pub user_id: UserId,
    /// The public handle; it never changes.
    pub username: Username,
    /// The e-mail address, if there is one.
    pub email: Option<UserEmail>,
    /// The name to show, at most 100 characters.
    pub name: Option<String>,
    /// The preferred language (BCP 47).
    pub locale: Option<String>,
    /// What else is known of the user.
    pub attributes: Attributes,
    /// What an operator granted beyond the scope that everyone has.
    pub granted_scope: Scope,
    /// Whether the account may be used.
    pub status: UserStatus,
    /// When the account was made.
    pub created_at: Timestamp,
    /// The password.
    pub credential: Credential,
}

/// The password of a user, as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The hash.
    pub password_hash: PasswordHash,
    /// Counts the changes of the hash, rehashing included: a step that rests on an older one is refused.
    pub version: u32,
    /// When the password was last changed by someone; rehashing does not count.
    pub changed_at: Timestamp,
}

/// A change of a profile; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The name to show, or its removal.
    pub name: Option<Option<String>>,
    /// The preferred language, or its removal.
    pub locale: Option<Option<String>>,
    /// The e-mail address, or its removal; a new address is not proved, and the old one's proof is gone.
    pub email: Option<Option<EmailAddress>>,
    /// Takes back the proof of the e-mail address, whichever it is then. Only an operator does; giving one is a step of its own
    /// ([`UserStore::verify_email`](crate::store::UserStore::verify_email)).
    pub unprove_email: bool,
    /// What else is known of the user.
    pub attributes: AttributesChange,
    /// When it is made: the profile's `updated_at` from then on.
    pub changed_at: Option<Timestamp>,
}

impl ProfileChange {
    /// The user with this change made.
    ///
    /// # Errors
    /// [`TooLarge`]: the attributes of the installation, which only an operator sets, would have no room.
    pub fn apply(&self, mut user: User) -> Result<User, TooLarge> {
        if let Some(name) = &self.name {
            user.name.clone_from(name);
        }
        if let Some(locale) = &self.locale {
            user.locale.clone_from(locale);
        }
        match &self.email {
            None => {}
            Some(None) => user.email = None,
            // The same address again keeps its proof, and takes the new spelling.
            Some(Some(address)) => {
                let verified = user.email.is_some_and(|old| old.verified && old.address == *address);
                user.email = Some(UserEmail { address: address.clone(), verified });
            }
        }
        if let Some(email) = &mut user.email {
            email.verified &= !self.unprove_email;
        }
        user.attributes = self.attributes.apply(user.attributes, self.changed_at)?;
        Ok(user)
    }
}

#[cfg(test)]
mod tests;
