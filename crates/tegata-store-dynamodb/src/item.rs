//! Items to records and back. Names of attributes are short, since they are paid for with every item; what cannot be read
//! is a damaged record, never a panic and never a guess.

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use tegata_core::attempt::AttemptRecord;
use tegata_core::attributes::Attributes;
use tegata_core::grant::Grant;
use tegata_core::identifier::UserId;
use tegata_core::password::PasswordHash;
use tegata_core::refresh_token::RefreshTokenHash;
use tegata_core::session::{Device, Session};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{Credential, User, UserEmail, UserStatus};

use crate::error::Unreadable;
use crate::mark::Mark;
use crate::table::{self, Key, SK, TTL};

/// An item, as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The mark of the last write.
pub(crate) const MARK: &str = "m";
/// The user that a lock belongs to.
pub(crate) const OWNER: &str = "u";

/// A session's generation.
pub(crate) const GENERATION: &str = "g";
/// The hash of its current refresh token.
pub(crate) const CURRENT: &str = "h";
/// The hash of the one before.
pub(crate) const PREVIOUS: &str = "p";
/// When it was rotated.
pub(crate) const ROTATED_AT: &str = "ra";
/// When it ends unless it is refreshed.
pub(crate) const IDLE: &str = "ix";
/// When it ends in any case.
pub(crate) const ABSOLUTE: &str = "ax";

/// What is known of a user beyond name, language and e-mail address.
const ATTRIBUTES: &str = "at";

/// What a session is to OAuth.
const GRANT: &str = "gr";

/// From when on a counter, a transient or a notice counts as absent.
pub(crate) const FORGOTTEN: &str = "x";

/// The last second that the time-to-live attribute gets: the end of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

pub(crate) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn number(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

pub(crate) fn bytes(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

pub(crate) fn time(time: Timestamp) -> AttributeValue {
    number(time.as_millis())
}

/// When DynamoDB may remove an item: the second after it expired, within what the attribute can say. The exact time stands
/// in an attribute of its own.
pub(crate) fn ttl(expires_at: Timestamp) -> AttributeValue {
    number(expires_at.as_secs().saturating_add(1).clamp(0, LAST_SECOND))
}

/// The item with these attributes, and with those that there is a value for.
fn with<const N: usize, const M: usize>(
    key: &Key,
    mark: Mark,
    attributes: [(&str, AttributeValue); N],
    optional: [(&str, Option<AttributeValue>); M],
) -> Item {
    let mut item = key.attributes();
    item.insert(MARK.to_owned(), bytes(mark.as_bytes()));
    item.extend(attributes.map(|(name, value)| (name.to_owned(), value)));
    item.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    item
}

pub(crate) fn user_item(key: &Key, user: &User, mark: Mark) -> Item {
    let email = user.email.as_ref();
    with(
        key,
        mark,
        [
            ("un", text(user.username.as_str())),
            ("st", text(status_text(user.status))),
            ("ca", time(user.created_at)),
            ("ph", text(user.credential.password_hash.as_phc())),
            ("cv", number(user.credential.version)),
            ("cc", time(user.credential.changed_at)),
        ],
        [
            ("em", email.map(|email| text(email.address.as_str()))),
            ("ev", email.map(|email| AttributeValue::Bool(email.verified))),
            ("nm", user.name.as_deref().map(text)),
            ("lc", user.locale.as_deref().map(text)),
            (ATTRIBUTES, attributes_text(&user.attributes).map(text)),
            ("gs", Some(user.granted_scope.as_str()).filter(|scope| !scope.is_empty()).map(text)),
        ],
    )
}

/// The document, where there is anything in it.
fn attributes_text(attributes: &Attributes) -> Option<String> {
    // Strings and numbers under names that are strings: writing them cannot fail.
    (!attributes.is_empty()).then(|| serde_json::to_string(attributes).unwrap_or_default())
}

pub(crate) fn user(item: &Item) -> Result<User, Unreadable> {
    let email = match find_text(item, "em")? {
        None => None,
        Some(address) => Some(UserEmail { address: parse("em", address)?, verified: boolean(item, "ev")? }),
    };
    let attributes = match find_text(item, ATTRIBUTES)? {
        None => Attributes::default(),
        Some(text) => serde_json::from_str(text).map_err(|_| Unreadable(ATTRIBUTES))?,
    };
    Ok(User {
        user_id: table::parse_user(need_text(item, SK)?).ok_or(Unreadable(SK))?,
        username: parse("un", need_text(item, "un")?)?,
        email,
        name: find_text(item, "nm")?.map(str::to_owned),
        locale: find_text(item, "lc")?.map(str::to_owned),
        attributes,
        granted_scope: parse("gs", find_text(item, "gs")?.unwrap_or_default())?,
        status: parse_status(need_text(item, "st")?)?,
        created_at: need_time(item, "ca")?,
        credential: Credential {
            password_hash: PasswordHash::from_phc(need_text(item, "ph")?),
            version: need_number(item, "cv")?,
            changed_at: need_time(item, "cc")?,
        },
    })
}

const fn status_text(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => "active",
        UserStatus::Disabled => "disabled",
    }
}

fn parse_status(text: &str) -> Result<UserStatus, Unreadable> {
    match text {
        "active" => Ok(UserStatus::Active),
        "disabled" => Ok(UserStatus::Disabled),
        _ => Err(Unreadable("st")),
    }
}

pub(crate) fn session_item(key: &Key, session: &Session, mark: Mark) -> Item {
    with(
        key,
        mark,
        [
            ("un", text(session.username.as_str())),
            ("ci", text(&session.client_id)),
            ("au", time(session.auth_time)),
            (GENERATION, number(session.generation)),
            (CURRENT, bytes(session.current_hash.as_bytes())),
            (ROTATED_AT, time(session.rotated_at)),
            (IDLE, time(session.idle_expires_at)),
            (ABSOLUTE, time(session.absolute_expires_at)),
            (TTL, ttl(session.expires_at())),
        ],
        [
            (PREVIOUS, session.previous_hash.map(|hash| bytes(hash.as_bytes()))),
            ("sc", Some(session.scope.as_str()).filter(|scope| !scope.is_empty()).map(text)),
            ("am", Some(session.amr.join(" ")).filter(|amr| !amr.is_empty()).map(text)),
            ("ua", session.device.user_agent.as_deref().map(text)),
            ("ip", session.device.address.map(|address| text(address.to_string()))),
            (GRANT, session.grant.as_deref().map(|grant| text(grant_text(grant)))),
        ],
    )
}

fn grant_text(grant: &Grant) -> String {
    // Strings and numbers under names that are strings: writing them cannot fail.
    serde_json::to_string(grant).unwrap_or_default()
}

pub(crate) fn session(item: &Item) -> Result<Session, Unreadable> {
    let (user_id, session_id) = table::parse_session(need_text(item, SK)?).ok_or(Unreadable(SK))?;
    let amr = find_text(item, "am")?.unwrap_or_default();
    let grant = find_text(item, GRANT)?.map(|text| serde_json::from_str(text).map_err(|_| Unreadable(GRANT)));
    Ok(Session {
        grant: grant.transpose()?,
        user_id,
        session_id,
        username: parse("un", need_text(item, "un")?)?,
        client_id: need_text(item, "ci")?.to_owned(),
        scope: parse("sc", find_text(item, "sc")?.unwrap_or_default())?,
        amr: amr.split_whitespace().map(str::to_owned).collect(),
        auth_time: need_time(item, "au")?,
        device: Device {
            user_agent: find_text(item, "ua")?.map(str::to_owned),
            address: find_text(item, "ip")?.map(|address| parse("ip", address)).transpose()?,
        },
        generation: need_number(item, GENERATION)?,
        current_hash: RefreshTokenHash::from_bytes(need_bytes(item, CURRENT)?),
        previous_hash: match item.get(PREVIOUS) {
            None => None,
            Some(_) => Some(RefreshTokenHash::from_bytes(need_bytes(item, PREVIOUS)?)),
        },
        rotated_at: need_time(item, ROTATED_AT)?,
        idle_expires_at: need_time(item, IDLE)?,
        absolute_expires_at: need_time(item, ABSOLUTE)?,
    })
}

pub(crate) fn attempts_item(key: &Key, record: AttemptRecord, mark: Mark) -> Item {
    with(
        key,
        mark,
        [
            ("n", number(record.attempts)),
            ("b", time(record.blocked_until)),
            (FORGOTTEN, time(record.expires_at)),
            (TTL, ttl(record.expires_at)),
        ],
        [],
    )
}

pub(crate) fn attempts(item: &Item) -> Result<AttemptRecord, Unreadable> {
    Ok(AttemptRecord {
        attempts: need_number(item, "n")?,
        blocked_until: need_time(item, "b")?,
        expires_at: need_time(item, FORGOTTEN)?,
    })
}

/// The item that keeps a name for its owner.
pub(crate) fn lock_item(key: &Key, owner: UserId) -> Item {
    let mut item = key.attributes();
    item.insert(OWNER.to_owned(), bytes(owner.as_bytes()));
    item
}

pub(crate) fn lock_owner(item: &Item) -> Result<UserId, Unreadable> {
    need_bytes(item, OWNER).map(UserId::from_bytes)
}

/// The item with the mark of this write.
pub(crate) fn marked(item: &Item, mark: Mark) -> Item {
    let mut item = item.clone();
    item.insert(MARK.to_owned(), bytes(mark.as_bytes()));
    item
}

/// The key of an item.
pub(crate) fn key(item: &Item) -> Result<Key, Unreadable> {
    Ok(Key { pk: need_text(item, table::PK)?.to_owned(), sk: need_text(item, SK)?.to_owned() })
}

pub(crate) fn mark(item: &Item) -> Result<Mark, Unreadable> {
    need_bytes(item, MARK).map(Mark::from_bytes)
}

pub(crate) fn find_text<'a>(item: &'a Item, name: &'static str) -> Result<Option<&'a str>, Unreadable> {
    match item.get(name) {
        None => Ok(None),
        Some(AttributeValue::S(text)) => Ok(Some(text)),
        Some(_) => Err(Unreadable(name)),
    }
}

pub(crate) fn need_text<'a>(item: &'a Item, name: &'static str) -> Result<&'a str, Unreadable> {
    find_text(item, name)?.ok_or(Unreadable(name))
}

pub(crate) fn need_number<T: FromStr>(item: &Item, name: &'static str) -> Result<T, Unreadable> {
    match item.get(name) {
        Some(AttributeValue::N(number)) => parse(name, number),
        _ => Err(Unreadable(name)),
    }
}

pub(crate) fn need_time(item: &Item, name: &'static str) -> Result<Timestamp, Unreadable> {
    need_number(item, name).map(Timestamp::from_millis)
}

pub(crate) fn need_blob<'a>(item: &'a Item, name: &'static str) -> Result<&'a [u8], Unreadable> {
    match item.get(name) {
        Some(AttributeValue::B(blob)) => Ok(blob.as_ref()),
        _ => Err(Unreadable(name)),
    }
}

pub(crate) fn need_bytes<const N: usize>(item: &Item, name: &'static str) -> Result<[u8; N], Unreadable> {
    need_blob(item, name)?.try_into().map_err(|_| Unreadable(name))
}

fn boolean(item: &Item, name: &'static str) -> Result<bool, Unreadable> {
    match item.get(name) {
        Some(AttributeValue::Bool(value)) => Ok(*value),
        _ => Err(Unreadable(name)),
    }
}

fn parse<T: FromStr>(name: &'static str, text: &str) -> Result<T, Unreadable> {
    text.parse().map_err(|_| Unreadable(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_live_stays_within_what_can_be_said() {
        let secs = |millis| ttl(Timestamp::from_millis(millis));
        assert_eq!(secs(i64::MIN), number(0));
        assert_eq!(secs(1_999), number(2));
        assert_eq!(secs(i64::MAX), number(LAST_SECOND));
    }

    #[test]
    fn a_damaged_record_names_the_attribute_and_nothing_else() {
        let tenant = "a".parse().unwrap();
        let key = table::attempts(&tenant, tegata_core::attempt::AttemptKey::from_bytes([1; 32]));
        let mut item = attempts_item(&key, AttemptRecord::default(), Mark::from_bytes([0; 8]));
        assert_eq!(attempts(&item).unwrap(), AttemptRecord::default());
        item.insert("n".to_owned(), text("secret"));
        assert_eq!(attempts(&item).unwrap_err().to_string(), "attribute n cannot be read");
    }

    #[test]
    fn a_user_of_whom_nothing_more_is_known_takes_no_more_room() {
        assert_eq!(attributes_text(&Attributes::default()), None);
        let known: Attributes = serde_json::from_str(r#"{"claims":{"nickname":"Al"}}"#).unwrap();
        assert_eq!(attributes_text(&known).as_deref(), Some(r#"{"claims":{"nickname":"Al"}}"#));
    }
}
