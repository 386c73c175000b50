//! What clients know users by (OIDC Core §8).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::client::{Client, ClientOrigin, GrantType, RedirectUri, SubjectType, host};
use crate::grant::ClientGrant;
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

/// The sector of a client that knows users by names of its own (OIDC Core §8.1): a host where it is shown to be the
/// client's, or the client alone.
pub(super) fn sector(client: &Client) -> Option<&str> {
    let metadata = &client.metadata;
    if metadata.subject_type == SubjectType::Public {
        return None;
    }
    // What shows that a host is a client's own is that codes arrive there. A grant on a device (RFC 8628) arrives nowhere, so a
    // client that may have one could register the host of any other. An operator's is believed; that one vouches for a client
    // changes nothing here, or its users would have other names from then on.
    let is_shown = client.origin == ClientOrigin::Operator || !client.may_use(GrantType::DeviceCode);
    let host = match &metadata.sector_identifier_uri {
        Some(uri) => host(uri),
        None => metadata.redirect_uris.first().and_then(RedirectUri::web_host),
    };
    Some(host.filter(|_| is_shown).unwrap_or(client.client_id.as_str()))
}

impl ClientGrant {
    /// Whether it was made for this registration of the client, and for the names that this one knows users by. One that could
    /// take a grant along into the sector of another would hear how that one calls the user (OIDC Core §8.1).
    pub(super) fn is_of(&self, client: &Client) -> bool {
        self.client_since == client.created_at && self.sector.as_deref() == sector(client)
    }
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
    use crate::client::{ClientMetadata, ClientStatus};
    use crate::timestamp::Timestamp;

    fn sector_of(
        origin: ClientOrigin,
        redirect_uri: &str,
        change: impl FnOnce(&mut ClientMetadata),
    ) -> String {
        let mut metadata = ClientMetadata {
            redirect_uris: vec![redirect_uri.parse().unwrap()],
            subject_type: SubjectType::Pairwise,
            ..ClientMetadata::default()
        };
        change(&mut metadata);
        let client = Client {
            client_id: "app".parse().unwrap(),
            version: 1,
            created_at: Timestamp::from_secs(1),
            status: ClientStatus::Active,
            origin,
            secrets: Vec::new(),
            registration_access_token: None,
            scope_limit: None,
            grant_limit: None,
            metadata,
        };
        sector(&client).unwrap().to_owned()
    }

    #[test]
    fn r39_a_sector_is_a_host_of_the_web_or_the_client_alone() {
        for (redirect_uri, expected) in [
            ("https://a.example/cb", "a.example"),
            ("https://a.example:8443/cb", "a.example"),
            ("https://[2001:db8::1]/cb", "[2001:db8::1]"),
            ("com.evil.app://a.example/cb", "app"),
            ("com.example.app:/cb", "app"),
            ("http://127.0.0.1/cb", "app"),
            ("http://[::1]/cb", "app"),
        ] {
            assert_eq!(
                sector_of(ClientOrigin::Registration, redirect_uri, |_| {}),
                expected,
                "{redirect_uri}"
            );
        }
        let named = |metadata: &mut ClientMetadata| {
            metadata.sector_identifier_uri = Some("https://s.example:444/uris".to_owned());
        };
        assert_eq!(sector_of(ClientOrigin::Registration, "https://a.example/cb", named), "s.example");
    }

    #[test]
    fn r39_a_host_is_no_sector_where_nothing_has_to_arrive_at_it() {
        let on_devices = |metadata: &mut ClientMetadata| metadata.grant_types.push(GrantType::DeviceCode);
        let of = |origin| sector_of(origin, "https://a.example/cb", on_devices);
        for nobodys in [ClientOrigin::Registration, ClientOrigin::Vouched, ClientOrigin::MetadataDocument] {
            assert_eq!(of(nobodys), "app");
        }
        assert_eq!(of(ClientOrigin::Operator), "a.example");
    }

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
