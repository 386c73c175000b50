//! Refresh tokens: opaque to everyone but us, checked without a store, succeeded by exactly one other.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::client::ClientId;
use crate::entropy::{Entropy, EntropyError, random};
use crate::identifier::{SessionId, TenantId, UserId};
use crate::secret::{ServerSecrets, equal, sha256};

/// What every refresh token starts with, so that scanners for leaked secrets know it.
const PREFIX: &str = "tgr_";
/// The first byte of a refresh token: how the rest is to be read. Those of our own application name no client.
const OWN: u8 = 1;
const CLIENTS: u8 = 2;
const MAC_LENGTH: usize = 16;
const TAG_LENGTH: usize = 16;
/// Format, user, session, generation, secret.
const BODY_LENGTH: usize = 1 + 16 + 16 + 4 + 32;
const LENGTH: usize = BODY_LENGTH + MAC_LENGTH;
/// The same, with the client after the secret.
const CLIENTS_LENGTH: usize = LENGTH + TAG_LENGTH;

/// A refresh token as its holder has it.
///
/// `tgr_` and the base64url of: format, user, session, generation, a secret of 256 bits, the client where it is not our
/// own application, and a MAC over all of it and the tenant. Its `Debug` names the session and shows no secret.
pub struct RefreshToken {
    /// The user of the session.
    pub user_id: UserId,
    /// The session.
    pub session_id: SessionId,
    /// How many rotations came before this token.
    pub generation: u32,
    secret: Zeroizing<[u8; 32]>,
    /// Whose it is: known before any store is asked, so a stranger's attempt spends nothing (RFC 6749 §6).
    client: Option<ClientTag>,
}

/// The beginning of the SHA-256 of a client's name.
type ClientTag = [u8; TAG_LENGTH];

fn tag_of(client_id: &ClientId) -> ClientTag {
    let mut tag = [0; TAG_LENGTH];
    tag.copy_from_slice(&sha256(client_id.as_str().as_bytes())[..TAG_LENGTH]);
    tag
}

/// The text is no refresh token of ours. Which check failed is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a refresh token of this issuer")]
pub struct NotOurs;

impl RefreshToken {
    /// The first refresh token of a session, for a client or for our own application.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub(crate) fn first(
        user_id: UserId,
        session_id: SessionId,
        client: Option<&ClientId>,
        entropy: &dyn Entropy,
    ) -> Result<Self, EntropyError> {
        let secret = Zeroizing::new(random(entropy)?);
        Ok(Self { user_id, session_id, generation: 0, secret, client: client.map(tag_of) })
    }

    /// Whether it was issued to this client, or with `None` to our own application.
    pub fn is_of(&self, client: Option<&ClientId>) -> bool {
        self.client == client.map(tag_of)
    }

    /// Reads a token and checks its MAC; costs no store access.
    ///
    /// # Errors
    /// [`NotOurs`] for everything that this server, or one with the same root secret, did not issue for this tenant.
    pub fn parse(text: &str, tenant: &TenantId, secrets: &ServerSecrets) -> Result<Self, NotOurs> {
        let encoded = text.strip_prefix(PREFIX).ok_or(NotOurs)?;
        let mut bytes = Zeroizing::new([0; CLIENTS_LENGTH + 2]);
        let length = URL_SAFE_NO_PAD.decode_slice(encoded, bytes.as_mut_slice()).map_err(|_| NotOurs)?;
        let expected = match bytes[0] {
            OWN => LENGTH,
            CLIENTS => CLIENTS_LENGTH,
            _ => return Err(NotOurs),
        };
        if length != expected {
            return Err(NotOurs);
        }
        let (body, mac) = bytes[..length].split_at(length - MAC_LENGTH);
        if !equal(mac, &mac_of(body, tenant, secrets)) {
            return Err(NotOurs);
        }
        let (user_id, rest) = body[1..].split_first_chunk().ok_or(NotOurs)?;
        let (session_id, rest) = rest.split_first_chunk().ok_or(NotOurs)?;
        let (generation, rest) = rest.split_first_chunk().ok_or(NotOurs)?;
        let (secret, rest) = rest.split_first_chunk().ok_or(NotOurs)?;
        Ok(Self {
            user_id: UserId::from_bytes(*user_id),
            session_id: SessionId::from_bytes(*session_id),
            generation: u32::from_be_bytes(*generation),
            secret: Zeroizing::new(*secret),
            client: rest.first_chunk().copied(),
        })
    }

    /// The text to hand out.
    pub fn encode(&self, tenant: &TenantId, secrets: &ServerSecrets) -> RefreshTokenSecret {
        let mut bytes = Zeroizing::new(Vec::with_capacity(CLIENTS_LENGTH));
        bytes.push(if self.client.is_some() { CLIENTS } else { OWN });
        bytes.extend_from_slice(self.user_id.as_bytes());
        bytes.extend_from_slice(self.session_id.as_bytes());
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(self.secret.as_slice());
        bytes.extend_from_slice(self.client.as_ref().map_or(&[], ClientTag::as_slice));
        let mac = mac_of(&bytes, tenant, secrets);
        bytes.extend_from_slice(&mac);
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + CLIENTS_LENGTH.div_ceil(3) * 4));
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
        RefreshTokenSecret(text)
    }

    /// The one token that can follow this one.
    ///
    /// It is derived from the server's key *and* the presented secret: whoever presents this token gets the same
    /// successor, on any node and at any time, and neither a stolen database nor a stolen server key can make one.
    ///
    /// `None` after 2³²−1 rotations, which no session lives to see.
    #[must_use]
    pub(crate) fn successor(&self, secrets: &ServerSecrets) -> Option<Self> {
        let generation = self.generation.checked_add(1)?;
        let secret = secrets.refresh_successor.mac(&[
            self.user_id.as_bytes(),
            self.session_id.as_bytes(),
            &generation.to_be_bytes(),
            self.secret.as_slice(),
        ]);
        Some(Self {
            user_id: self.user_id,
            session_id: self.session_id,
            generation,
            secret: Zeroizing::new(secret),
            client: self.client,
        })
    }

    /// All that a store sees of the token.
    pub fn hash(&self) -> RefreshTokenHash {
        RefreshTokenHash(sha256(self.secret.as_slice()))
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({}, generation {})", self.session_id, self.generation)
    }
}

fn mac_of(body: &[u8], tenant: &TenantId, secrets: &ServerSecrets) -> [u8; MAC_LENGTH] {
    let mut mac = [0; MAC_LENGTH];
    mac.copy_from_slice(&secrets.refresh_mac.mac(&[tenant.as_str().as_bytes(), body])[..MAC_LENGTH]);
    mac
}

/// The text of a refresh token, sent once. Wiped when dropped; its `Debug` shows nothing.
pub struct RefreshTokenSecret(Zeroizing<String>);

impl RefreshTokenSecret {
    /// The text, for the answer it is sent in.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RefreshTokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshTokenSecret(…)")
    }
}

/// The SHA-256 of a refresh token's secret. The secret has 256 bits of entropy, so a plain hash is enough.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RefreshTokenHash([u8; 32]);

impl RefreshTokenHash {
    /// The bytes, as stores keep them.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// One from its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for RefreshTokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshTokenHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededEntropy;

    fn token() -> (RefreshToken, TenantId, ServerSecrets) {
        token_of(None)
    }

    fn token_of(client: Option<&str>) -> (RefreshToken, TenantId, ServerSecrets) {
        let client = client.map(|client| client.parse::<ClientId>().unwrap());
        let entropy = SeededEntropy::new(1);
        let (user_id, session_id) = (UserId::random(&entropy).unwrap(), SessionId::random(&entropy).unwrap());
        (
            RefreshToken::first(user_id, session_id, client.as_ref(), &entropy).unwrap(),
            TenantId::default(),
            ServerSecrets::derive(&[9; 32]),
        )
    }

    #[test]
    fn a_token_is_read_back_as_it_was_written() {
        let (token, tenant, secrets) = token();
        let read = RefreshToken::parse(token.encode(&tenant, &secrets).expose(), &tenant, &secrets).unwrap();
        assert_eq!((read.user_id, read.session_id, read.generation), (token.user_id, token.session_id, 0));
        assert_eq!(read.hash(), token.hash());
    }

    #[test]
    fn v5_v42_a_token_says_whose_it_is_and_so_does_its_successor() {
        let (token, tenant, secrets) = token_of(Some("app"));
        let client = |name: &str| name.parse::<ClientId>().unwrap();
        let read = RefreshToken::parse(token.encode(&tenant, &secrets).expose(), &tenant, &secrets).unwrap();
        for token in [&read, &read.successor(&secrets).unwrap()] {
            assert!(token.is_of(Some(&client("app"))));
            assert!(!token.is_of(Some(&client("other"))) && !token.is_of(None));
        }
        assert!(self::token().0.is_of(None) && !self::token().0.is_of(Some(&client("app"))));
    }

    #[test]
    fn a_token_with_any_character_changed_is_not_ours() {
        for client in [None, Some("app")] {
            no_character_can_be_changed(client);
        }
    }

    fn no_character_can_be_changed(client: Option<&str>) {
        let (token, tenant, secrets) = token_of(client);
        let text = token.encode(&tenant, &secrets);
        for i in 0..text.expose().len() {
            for other in ['A', '_', '='] {
                let mut changed: Vec<char> = text.expose().chars().collect();
                if changed[i] == other {
                    continue;
                }
                changed[i] = other;
                let changed: String = changed.into_iter().collect();
                assert_eq!(RefreshToken::parse(&changed, &tenant, &secrets).unwrap_err(), NotOurs, "{i}");
            }
        }
    }

    #[test]
    fn a_token_of_another_tenant_or_another_server_is_not_ours() {
        let (token, tenant, secrets) = token();
        let text = token.encode(&tenant, &secrets);
        assert!(RefreshToken::parse(text.expose(), &"other".parse().unwrap(), &secrets).is_err());
        assert!(RefreshToken::parse(text.expose(), &tenant, &ServerSecrets::derive(&[8; 32])).is_err());
        for garbage in
            ["", "tgr_", "tgr_AAAA", "eyJhbGciOiJub25lIn0.e30.", &format!("tgr_{}", "A".repeat(9000))]
        {
            assert!(RefreshToken::parse(garbage, &tenant, &secrets).is_err());
        }
    }

    #[test]
    fn presenting_one_token_always_gives_the_same_successor() {
        let (token, tenant, secrets) = token();
        let (a, b) = (token.successor(&secrets).unwrap(), token.successor(&secrets).unwrap());
        assert_eq!(a.encode(&tenant, &secrets).expose(), b.encode(&tenant, &secrets).expose());
        assert_eq!(a.generation, 1);
        assert_ne!(a.hash(), token.hash());
    }

    #[test]
    fn neither_the_server_key_nor_the_secret_alone_makes_a_successor() {
        let (token, _, secrets) = token();
        let other_secret = RefreshToken { secret: Zeroizing::new([0; 32]), ..self::token().0 };
        let expected = token.successor(&secrets).unwrap().hash();
        assert_ne!(other_secret.successor(&secrets).unwrap().hash(), expected);
        assert_ne!(token.successor(&ServerSecrets::derive(&[8; 32])).unwrap().hash(), expected);
    }

    #[test]
    fn r68_a_token_shows_nothing_of_its_secret() {
        let (token, tenant, secrets) = token();
        let text = token.encode(&tenant, &secrets);
        assert_eq!(format!("{text:?} {:?}", token.hash()), "RefreshTokenSecret(…) RefreshTokenHash(…)");
        assert!(!format!("{token:?}").contains(&text.expose()[70..100]));
    }
}
