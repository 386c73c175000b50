//! What clients know users by (OIDC Core §8).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::client::{Client, RedirectUri, SubjectType};
use crate::identifier::UserId;
use crate::provider::Provider;
use crate::secret::{ServerSecrets, equal};

impl Provider {
    /// The `sub` of a user for a client.
    pub(super) fn subject(&self, client: &Client, user_id: UserId) -> String {
        match sector(client) {
            None => user_id.to_string(),
            Some(sector) => pairwise(&self.key_ring().secrets, sector, user_id),
        }
    }

    /// The user whom a client knows by this `sub`.
    pub(super) fn user_of_subject(&self, client: &Client, subject: &str) -> Option<UserId> {
        match sector(client) {
            None => subject.parse().ok(),
            Some(sector) => from_pairwise(&self.key_ring().secrets, sector, subject),
        }
    }
}

/// The sector of a client that knows users by names of its own (OIDC Core §8.1).
fn sector(client: &Client) -> Option<&str> {
    if client.metadata.subject_type == SubjectType::Public {
        return None;
    }
    let named = client.metadata.sector_identifier_uri.as_deref();
    let uri = named.or_else(|| client.metadata.redirect_uris.first().map(RedirectUri::as_str));
    let host = uri.and_then(|uri| uri.split_once("://")).map(|(_, rest)| {
        let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
        authority.rsplit_once(':').map_or(authority, |(host, _)| host)
    });
    // A client without any address has nobody to share with.
    Some(host.unwrap_or(client.client_id.as_str()))
}

/// A name that only this server can make, and read back: a tag of the user under the sector, and the user hidden by it.
/// It is 32 bytes, so it never reads like a user's id.
fn pairwise(secrets: &ServerSecrets, sector: &str, user_id: UserId) -> String {
    let tag = tag(secrets, sector, user_id);
    let mut bytes = tag.to_vec();
    bytes.extend_from_slice(&hide(secrets, sector, &tag, user_id.as_bytes()));
    URL_SAFE_NO_PAD.encode(bytes)
}

fn from_pairwise(secrets: &ServerSecrets, sector: &str, subject: &str) -> Option<UserId> {
    let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(subject).ok()?.try_into().ok()?;
    let (tag_bytes, hidden) = bytes.split_first_chunk::<16>()?;
    let user_id = UserId::from_bytes(hide(secrets, sector, tag_bytes, hidden.first_chunk()?));
    equal(&tag(secrets, sector, user_id), tag_bytes).then_some(user_id)
}

fn tag(secrets: &ServerSecrets, sector: &str, user_id: UserId) -> [u8; 16] {
    first_half(&secrets.pairwise.mac(&[b"tag", sector.as_bytes(), user_id.as_bytes()]))
}

fn hide(secrets: &ServerSecrets, sector: &str, tag: &[u8; 16], bytes: &[u8; 16]) -> [u8; 16] {
    let mut hidden = first_half(&secrets.pairwise.mac(&[b"hide", sector.as_bytes(), tag]));
    for (hidden, byte) in hidden.iter_mut().zip(bytes) {
        *hidden ^= byte;
    }
    hidden
}

fn first_half(mac: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&mac[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r39_a_pairwise_subject_is_the_sectors_own_and_leads_back_to_its_user() {
        let secrets = ServerSecrets::derive(&[3; 32]);
        let (a, b) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let name = pairwise(&secrets, "a.example", a);
        assert_eq!(name, pairwise(&secrets, "a.example", a));
        assert_ne!(name, pairwise(&secrets, "b.example", a));
        assert_ne!(name, pairwise(&secrets, "a.example", b));
        assert_eq!(from_pairwise(&secrets, "a.example", &name), Some(a));
        assert_eq!(from_pairwise(&secrets, "b.example", &name), None);
        assert_eq!(from_pairwise(&secrets, "a.example", &a.to_string()), None);
        assert!(name.parse::<UserId>().is_err());
    }
}
