//! The keys of all items. Every partition key begins with the tenant, whose text has no `#`.
//!
//! A user and their sessions lie in one of sixteen partitions, by the first digit of the user's id: users can be listed
//! in the order of their ids without an index, a user's sessions are one query, and a partition that grows hot splits
//! between two sort keys.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tegata_core::attempt::AttemptKey;
use tegata_core::client::ClientId;
use tegata_core::identifier::{NoticeId, SessionId, TenantId, UserId};
use tegata_core::transient::TransientKey;
use tegata_core::user::{EmailAddress, Username};

use crate::item::Item;

/// The partition key of every table.
pub(crate) const PK: &str = "pk";
/// The sort key of every table.
pub(crate) const SK: &str = "sk";
/// When DynamoDB may remove an item, in epoch seconds.
pub(crate) const TTL: &str = "ttl";

/// The sort key where there is only one item.
const ONLY: &str = "#";

/// How many partitions users are spread over.
pub(crate) const SHARDS: u8 = 16;

/// The key of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    /// The attributes of the key.
    pub(crate) fn attributes(&self) -> Item {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        Item::from([(PK.to_owned(), text(&self.pk)), (SK.to_owned(), text(&self.sk))])
    }

    fn only(tenant: &TenantId, kind: char, name: &str) -> Self {
        Self { pk: format!("{}#{kind}#{name}", tenant.as_str()), sk: ONLY.to_owned() }
    }
}

/// The beginning of all partition keys of a tenant.
pub(crate) fn tenant_prefix(tenant: &TenantId) -> String {
    format!("{}#", tenant.as_str())
}

/// The partition of the users whose ids begin with this digit.
pub(crate) fn shard(tenant: &TenantId, digit: u8) -> String {
    format!("{}#U#{digit:x}", tenant.as_str())
}

/// The first digit of a user's id.
pub(crate) fn digit(user_id: UserId) -> u8 {
    user_id.as_bytes()[0] >> 4
}

pub(crate) fn user(tenant: &TenantId, user_id: UserId) -> Key {
    Key { pk: shard(tenant, digit(user_id)), sk: format!("U#{}", hex(user_id.as_bytes())) }
}

/// The sort keys of the users after this one, or of all, in a shard.
pub(crate) fn users_after(after: Option<UserId>) -> (String, String) {
    // `!` comes before every digit: the range begins right after the user.
    let first = after.map_or_else(|| "U#".to_owned(), |id| format!("U#{}!", hex(id.as_bytes())));
    (first, "U#~".to_owned())
}

pub(crate) fn session(tenant: &TenantId, user_id: UserId, session_id: SessionId) -> Key {
    let sk = format!("{}{}", sessions_prefix(user_id), hex(session_id.as_bytes()));
    Key { pk: shard(tenant, digit(user_id)), sk }
}

/// The beginning of the sort keys of a user's sessions.
pub(crate) fn sessions_prefix(user_id: UserId) -> String {
    format!("S#{}#", hex(user_id.as_bytes()))
}

/// The beginning of the sort keys of all sessions.
pub(crate) const SESSIONS: &str = "S#";

/// The item that makes a user name unique.
pub(crate) fn username(tenant: &TenantId, username: &Username) -> Key {
    Key::only(tenant, 'N', username.canonical())
}

/// The item that makes a proved e-mail address unique.
pub(crate) fn email(tenant: &TenantId, index: &hmac::Key, address: &EmailAddress) -> Key {
    let mac = hmac::sign(index, address.canonical().as_bytes());
    Key::only(tenant, 'E', &URL_SAFE_NO_PAD.encode(mac.as_ref()))
}

pub(crate) fn attempts(tenant: &TenantId, key: AttemptKey) -> Key {
    Key::only(tenant, 'A', &hex(key.as_bytes()))
}

/// The partition of the clients.
pub(crate) fn clients(tenant: &TenantId) -> String {
    format!("{}#O", tenant.as_str())
}

pub(crate) fn client(tenant: &TenantId, client_id: &ClientId) -> Key {
    Key { pk: clients(tenant), sk: client_id.to_string() }
}

pub(crate) fn consent(tenant: &TenantId, user_id: UserId, client_id: &ClientId) -> Key {
    Key { pk: shard(tenant, digit(user_id)), sk: format!("{}{client_id}", consents_prefix(user_id)) }
}

/// The beginning of the sort keys of a user's consents.
pub(crate) fn consents_prefix(user_id: UserId) -> String {
    format!("C#{}#", hex(user_id.as_bytes()))
}

pub(crate) fn transient(tenant: &TenantId, key: TransientKey) -> Key {
    Key::only(tenant, 'T', &format!("{}#{}", key.kind.letter(), hex(&key.hash)))
}

/// The beginning of the partition keys of transients.
pub(crate) fn transients_prefix(tenant: &TenantId) -> String {
    format!("{}#T#", tenant.as_str())
}

/// The partition of the notices.
pub(crate) fn notices(tenant: &TenantId) -> String {
    format!("{}#L", tenant.as_str())
}

pub(crate) fn notice(tenant: &TenantId, notice_id: NoticeId) -> Key {
    Key { pk: notices(tenant), sk: hex(notice_id.as_bytes()) }
}

/// An item that is never there.
pub(crate) fn nothing(tenant: &TenantId) -> Key {
    Key::only(tenant, 'X', "ready")
}

/// The key set, in the tables of keys.
pub(crate) fn key_set(tenant: &TenantId) -> Key {
    Key::only(tenant, 'K', "set")
}

/// The wrapped master key, in the table of public keys.
pub(crate) fn master_key(tenant: &TenantId) -> Key {
    Key::only(tenant, 'K', "master")
}

/// The user of a user's item, by its sort key.
pub(crate) fn parse_user(sk: &str) -> Option<UserId> {
    parse_hex(sk.strip_prefix("U#")?).map(UserId::from_bytes)
}

/// The user and the session of a session's item, by its sort key.
pub(crate) fn parse_session(sk: &str) -> Option<(UserId, SessionId)> {
    let (user, session) = sk.strip_prefix(SESSIONS)?.split_once('#')?;
    Some((UserId::from_bytes(parse_hex(user)?), SessionId::from_bytes(parse_hex(session)?)))
}

/// The client of a consent's item, by its sort key.
pub(crate) fn parse_consent(sk: &str) -> Option<ClientId> {
    sk.strip_prefix("C#")?.split_once('#')?.1.parse().ok()
}

/// The notice of an item, by its sort key.
pub(crate) fn parse_notice(sk: &str) -> Option<NoticeId> {
    parse_hex(sk).map(NoticeId::from_bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn parse_hex(text: &str) -> Option<[u8; 16]> {
    if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "a";

    fn tenant() -> TenantId {
        TENANT.parse().unwrap()
    }

    #[test]
    fn keys_are_read_back_as_they_were_written() {
        let (user_id, session_id) = (UserId::from_bytes([0x0a; 16]), SessionId::from_bytes([0xff; 16]));
        assert_eq!(parse_user(&user(&tenant(), user_id).sk), Some(user_id));
        assert_eq!(parse_session(&session(&tenant(), user_id, session_id).sk), Some((user_id, session_id)));
        assert_eq!(parse_user("U#+a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"), None);
    }

    #[test]
    fn v6_no_tenant_is_the_beginning_of_another() {
        let longer: TenantId = "a-b".parse().unwrap();
        assert!(!user(&longer, UserId::from_bytes([0; 16])).pk.starts_with(&tenant_prefix(&tenant())));
    }

    #[test]
    fn a_range_of_users_begins_right_after_one() {
        let id = |last: u8| UserId::from_bytes([[0; 15].as_slice(), &[last]].concat().try_into().unwrap());
        let (first, last) = users_after(Some(id(1)));
        assert!(user(&tenant(), id(1)).sk < first && first < user(&tenant(), id(2)).sk);
        assert!(user(&tenant(), UserId::from_bytes([255; 16])).sk < last);
    }

    #[test]
    fn v31_no_address_stands_in_a_key() {
        let index = hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]);
        let key = email(&tenant(), &index, &"Alice@b.example".parse().unwrap());
        assert_eq!(key, email(&tenant(), &index, &"alice@B.example".parse().unwrap()));
        assert!(!key.pk.contains('@') && !key.pk.to_lowercase().contains("alice"));
    }
}
