//! The lines of the file. Each record is what a store keeps, in its own words.

use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tegata_core::attributes::Attributes;
use tegata_core::client::{Client, ClientId};
use tegata_core::consent::{Consent, Given};
use tegata_core::grant::Grant;
use tegata_core::identifier::SessionId;
use tegata_core::key_set::KeySet;
use tegata_core::password::PasswordHash;
use tegata_core::refresh_token::RefreshTokenHash;
use tegata_core::session::{Device, Session};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{Credential, User, UserEmail, UserStatus};

/// What the file calls itself.
pub(super) const FORMAT: &str = "tegata export";
/// The version of the format that is written.
pub(super) const VERSION: u32 = 3;
/// The first version, which is still read: users and sessions, and nothing of OAuth clients.
pub(super) const VERSION_WITHOUT_CLIENTS: u32 = 1;
/// The second version, which is still read: of users no more than name, language and e-mail address.
pub(super) const VERSION_WITHOUT_ATTRIBUTES: u32 = 2;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(super) format: String,
    pub(super) version: u32,
    /// The issuer of the tokens that were issued so far.
    pub(crate) issuer: String,
    /// When the sessions in the file were live (RFC 3339).
    pub(crate) as_of: String,
    /// Which transfer key opens it.
    pub(super) transfer_key: String,
}

/// So much of the first line is the same in every version.
#[derive(Deserialize)]
pub(super) struct AnyHeader {
    pub(super) format: String,
    pub(super) version: u32,
}

/// Every other line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    KeySet(KeySet),
    Client(Box<Client>),
    User(UserRecord),
    Consent(ConsentRecord),
    Session(Box<SessionRecord>),
    End(End),
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    #[serde(flatten)]
    pub(super) counts: Counts,
    /// HMAC-SHA-256 of all that stands before this line, in base64url.
    pub(super) mac: String,
}

/// How much is in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) users: u64,
    pub(crate) sessions: u64,
    // Not written where there are none, so that the last line of every version follows from what stands before it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) clients: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) consents: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference to the field")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Counts {
    /// One more of what stands in this line.
    pub(super) fn add(&mut self, line: &Line) {
        match line {
            Line::Client(_) => self.clients += 1,
            Line::User(_) => self.users += 1,
            Line::Consent(_) => self.consents += 1,
            Line::Session(_) => self.sessions += 1,
            Line::KeySet(_) | Line::End(_) => {}
        }
    }
}

/// A user, with what a store keeps of their password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserRecord {
    user_id: String,
    username: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<EmailRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) attributes: Option<Box<Attributes>>,
    granted_scope: String,
    status: Status,
    created_at: Timestamp,
    credential: CredentialRecord,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmailRecord {
    address: String,
    verified: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Active,
    Disabled,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialRecord {
    /// The PHC string.
    password_hash: String,
    version: u32,
    changed_at: Timestamp,
}

/// What a user has allowed a client.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsentRecord {
    pub(super) user_id: String,
    client_id: ClientId,
    terms: Given,
}

/// A session. The user's name is not repeated: it is that of the user before it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionRecord {
    pub(super) user_id: String,
    session_id: String,
    client_id: String,
    scope: String,
    amr: Vec<String>,
    auth_time: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    generation: u32,
    current_hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_hash: Option<String>,
    rotated_at: Timestamp,
    idle_expires_at: Timestamp,
    absolute_expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) grant: Option<Grant>,
}

/// A member of a record that is not what it should be. It names nothing of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadMember(pub(super) &'static str);

impl From<&User> for UserRecord {
    fn from(user: &User) -> Self {
        Self {
            user_id: user.user_id.to_string(),
            username: user.username.as_str().to_owned(),
            email: user.email.as_ref().map(|email| EmailRecord {
                address: email.address.as_str().to_owned(),
                verified: email.verified,
            }),
            name: user.name.clone(),
            locale: user.locale.clone(),
            attributes: (!user.attributes.is_empty()).then(|| Box::new(user.attributes.clone())),
            granted_scope: user.granted_scope.as_str().to_owned(),
            status: match user.status {
                UserStatus::Active => Status::Active,
                UserStatus::Disabled => Status::Disabled,
            },
            created_at: user.created_at,
            credential: CredentialRecord {
                password_hash: user.credential.password_hash.as_phc().to_owned(),
                version: user.credential.version,
                changed_at: user.credential.changed_at,
            },
        }
    }
}

impl TryFrom<UserRecord> for User {
    type Error = BadMember;

    fn try_from(record: UserRecord) -> Result<Self, BadMember> {
        let email = record.email.map(|email| {
            Ok(UserEmail { address: parse("email", &email.address)?, verified: email.verified })
        });
        Ok(Self {
            user_id: parse("user_id", &record.user_id)?,
            username: parse("username", &record.username)?,
            email: email.transpose()?,
            name: record.name,
            locale: record.locale,
            attributes: record.attributes.map(|attributes| *attributes).unwrap_or_default(),
            granted_scope: parse("granted_scope", &record.granted_scope)?,
            status: match record.status {
                Status::Active => UserStatus::Active,
                Status::Disabled => UserStatus::Disabled,
            },
            created_at: record.created_at,
            credential: Credential {
                password_hash: PasswordHash::from_phc(record.credential.password_hash),
                version: record.credential.version,
                changed_at: record.credential.changed_at,
            },
        })
    }
}

impl From<&Consent> for ConsentRecord {
    fn from(consent: &Consent) -> Self {
        Self {
            user_id: consent.user_id.to_string(),
            client_id: consent.client_id.clone(),
            terms: consent.given.clone(),
        }
    }
}

impl ConsentRecord {
    /// The consent, of the user it stands behind.
    pub(super) fn of(self, user: &User) -> Consent {
        Consent { user_id: user.user_id, client_id: self.client_id, given: self.terms }
    }
}

impl From<&Session> for SessionRecord {
    fn from(session: &Session) -> Self {
        let text = |hash: &RefreshTokenHash| URL_SAFE_NO_PAD.encode(hash.as_bytes());
        Self {
            user_id: session.user_id.to_string(),
            session_id: session.session_id.to_string(),
            client_id: session.client_id.clone(),
            scope: session.scope.as_str().to_owned(),
            amr: session.amr.clone(),
            auth_time: session.auth_time,
            user_agent: session.device.user_agent.clone(),
            address: session.device.address,
            generation: session.generation,
            current_hash: text(&session.current_hash),
            previous_hash: session.previous_hash.as_ref().map(text),
            rotated_at: session.rotated_at,
            idle_expires_at: session.idle_expires_at,
            absolute_expires_at: session.absolute_expires_at,
            grant: session.grant.as_deref().cloned(),
        }
    }
}

impl SessionRecord {
    /// The session, for the user it stands behind.
    pub(super) fn of(self, user: &User) -> Result<Session, BadMember> {
        Ok(Session {
            user_id: user.user_id,
            session_id: parse::<SessionId>("session_id", &self.session_id)?,
            username: user.username.clone(),
            client_id: self.client_id,
            scope: parse("scope", &self.scope)?,
            amr: self.amr,
            auth_time: self.auth_time,
            device: Device { user_agent: self.user_agent, address: self.address },
            generation: self.generation,
            current_hash: hash("current_hash", &self.current_hash)?,
            previous_hash: self.previous_hash.map(|text| hash("previous_hash", &text)).transpose()?,
            rotated_at: self.rotated_at,
            idle_expires_at: self.idle_expires_at,
            absolute_expires_at: self.absolute_expires_at,
            grant: self.grant.map(Box::new),
        })
    }
}

fn parse<T: FromStr>(member: &'static str, text: &str) -> Result<T, BadMember> {
    text.parse().map_err(|_| BadMember(member))
}

fn hash(member: &'static str, text: &str) -> Result<RefreshTokenHash, BadMember> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadMember(member))?;
    bytes.try_into().map(RefreshTokenHash::from_bytes).map_err(|_| BadMember(member))
}
