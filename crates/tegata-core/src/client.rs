//! OAuth clients: who may ask for tokens, and how (RFC 6749 §2, RFC 7591 §2).

mod redirect_uri;
mod request_object_alg;
mod request_uri;
mod secret;
mod validate;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tegata_jose::Algorithm;

pub(crate) use redirect_uri::host;
pub use redirect_uri::{InvalidRedirectUri, RedirectUri};
pub use request_object_alg::RequestObjectAlg;
pub(crate) use request_uri::without_fragment;
pub use secret::{ClientSecret, ClientSecretHash, StoredSecret};
pub use validate::{MetadataProblem, MetadataRules};

use crate::identifier::{ParseIdentifierError, UserId};
use crate::scope::Scope;
use crate::timestamp::Timestamp;

/// The name of a client (RFC 6749 §2.2): 1–255 visible ASCII characters.
///
/// It never reads like a user's id: both can be the `sub` of an access token, and neither may stand in for the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

impl ClientId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientId {
    type Err = ParseIdentifierError;

    fn from_str(text: &str) -> Result<Self, ParseIdentifierError> {
        let is_allowed = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if is_allowed && text.parse::<UserId>().is_err() {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseIdentifierError)
        }
    }
}

impl TryFrom<String> for ClientId {
    type Error = ParseIdentifierError;

    fn try_from(text: String) -> Result<Self, ParseIdentifierError> {
        text.parse()
    }
}

impl From<ClientId> for String {
    fn from(client_id: ClientId) -> Self {
        client_id.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A client, as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its name.
    pub client_id: ClientId,
    /// Counts the changes of the record.
    pub version: u64,
    /// When it was registered. What was granted to an earlier client of the same name is not this one's.
    pub created_at: Timestamp,
    /// Whether it may be used.
    pub status: ClientStatus,
    /// Who vouches for it.
    pub origin: ClientOrigin,
    /// Its secrets: two are alive while one follows the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<StoredSecret>,
    /// What lets its owner manage the registration (RFC 7592 §3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_access_token: Option<ClientSecretHash>,
    /// The most scope that an operator lets it register itself for; without, that which all may have that nobody vouches for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_limit: Option<Scope>,
    /// The grants that an operator leaves it, whatever it registers itself for; without, those that are in nobody's own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_limit: Option<Vec<GrantType>>,
    /// What it asked for and was granted.
    pub metadata: ClientMetadata,
}

/// Whether a client may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientStatus {
    /// It may.
    Active,
    /// An operator has closed it: no grant serves it, and only an operator opens it again.
    Disabled,
}

/// Who vouches for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientOrigin {
    /// An operator.
    Operator,
    /// Nobody: it registered itself (RFC 7591). It is shown as unverified and always asks for consent.
    Registration,
    /// An operator, for what it has registered itself with: when it changes that, nobody does any more.
    Vouched,
    /// Nobody: its name is the address of its metadata.
    MetadataDocument,
}

/// What is known of a client (RFC 7591 §2, OIDC Registration §2), with the defaults of those specifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are the members of RFC 7591, each with its name there"
)]
pub struct ClientMetadata {
    /// The name that people see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// What it says about data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Whom to write to about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Where answers may be sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<RedirectUri>,
    /// Where a browser may be sent after a logout (RP-Initiated Logout §2.1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// A program on a device, or a web site (OIDC Registration §2).
    pub application_type: ApplicationType,
    /// How it proves who it is at the token endpoint.
    pub token_endpoint_auth_method: AuthMethod,
    /// With which algorithm it signs to do so; any that we verify if absent.
    #[serde(skip_serializing_if = "Option::is_none", with = "algorithm")]
    pub token_endpoint_auth_signing_alg: Option<Algorithm>,
    /// The grants that it may use.
    pub grant_types: Vec<GrantType>,
    /// The scope that it may ask for.
    pub scope: Scope,
    /// The resources that it may ask for (RFC 8707 §2); all that are known if empty. For those that are named it is told
    /// what a token is worth (RFC 7662), and may exchange it where it may use that grant (RFC 8693).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Its public keys, as a JWK set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
    /// Where its public keys are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// With what its ID tokens are signed.
    #[serde(with = "algorithm")]
    pub id_token_signed_response_alg: Option<Algorithm>,
    /// What it knows users by (OIDC Core §8).
    pub subject_type: SubjectType,
    /// Clients that know a user by one name (OIDC Core §8.1): an address whose host is the name of the sector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// How long ago a login may be, in seconds, unless a request says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u64>,
    /// Whether its ID tokens always say when the user logged in. Ours do.
    pub require_auth_time: bool,
    /// The authentication context classes that it would like. There is one, which every login reaches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// Where a login can be begun from elsewhere (OIDC Core §4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// Where it hears of logouts (Back-Channel Logout §2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether it wants to hear which session has ended.
    pub backchannel_logout_session_required: bool,
    /// Whether it sends authorization requests directly only (RFC 9126 §6).
    pub require_pushed_authorization_requests: bool,
    /// With what its request objects are signed; with any algorithm that we verify, or none, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<RequestObjectAlg>,
    /// Where it has request objects that may be fetched (OIDC Core §6.2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// Whether it signs all of its authorization requests (RFC 9101 §10.5).
    pub require_signed_request_object: bool,
    /// Whether its tokens are always bound to a key (RFC 9449 §5.2).
    pub dpop_bound_access_tokens: bool,
    /// Whether it must send a code challenge (RFC 7636). Only a confidential client can do without.
    pub require_pkce: bool,
    /// Whether it is part of the operator's own house, so that users are not asked.
    pub skip_consent: bool,
    /// Which version of its software it is, by its own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// See [`ClientMetadata::software_id`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
}

impl Default for ClientMetadata {
    fn default() -> Self {
        Self {
            client_name: None,
            client_uri: None,
            logo_uri: None,
            policy_uri: None,
            tos_uri: None,
            contacts: Vec::new(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            application_type: ApplicationType::Web,
            token_endpoint_auth_method: AuthMethod::ClientSecretBasic,
            token_endpoint_auth_signing_alg: None,
            grant_types: vec![GrantType::AuthorizationCode],
            scope: Scope::default(),
            resources: Vec::new(),
            jwks: None,
            jwks_uri: None,
            // OIDC Registration §2: RS256 where a client asks for nothing.
            id_token_signed_response_alg: Some(Algorithm::Rs256),
            subject_type: SubjectType::Public,
            sector_identifier_uri: None,
            default_max_age: None,
            require_auth_time: false,
            default_acr_values: Vec::new(),
            initiate_login_uri: None,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            require_pushed_authorization_requests: false,
            request_object_signing_alg: None,
            request_uris: Vec::new(),
            require_signed_request_object: false,
            dpop_bound_access_tokens: false,
            require_pkce: true,
            skip_consent: false,
            software_id: None,
            software_version: None,
        }
    }
}

/// What kind of program a client is (OIDC Registration §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// A web site.
    Web,
    /// A program on its user's device (RFC 8252).
    Native,
}

/// How a client proves who it is (RFC 7591 §2, OIDC Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Not at all: a public client, which cannot keep a secret.
    None,
    /// A secret in the `Authorization` header.
    ClientSecretBasic,
    /// A secret in the body.
    ClientSecretPost,
    /// A signature.
    PrivateKeyJwt,
}

impl AuthMethod {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::None, Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt];

    /// Its name in metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Whether it needs a secret.
    pub const fn has_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// A grant (RFC 6749 §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GrantType {
    /// RFC 6749 §4.1
    #[serde(rename = "authorization_code")]
    AuthorizationCode,
    /// RFC 6749 §6
    #[serde(rename = "refresh_token")]
    RefreshToken,
    /// RFC 6749 §4.4
    #[serde(rename = "client_credentials")]
    ClientCredentials,
    /// RFC 8628 §3.4
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
    /// RFC 8693 §2.1
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
}

impl GrantType {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::DeviceCode,
        Self::TokenExchange,
    ];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
        }
    }
}

impl FromStr for GrantType {
    type Err = ParseIdentifierError;

    fn from_str(text: &str) -> Result<Self, ParseIdentifierError> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == text).ok_or(ParseIdentifierError)
    }
}

/// What a client knows a user by (OIDC Core §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// What every client knows them by.
    Public,
    /// What only clients of one sector know them by.
    Pairwise,
}

impl Client {
    /// Whether it can keep a secret, and so has to prove who it is.
    pub fn is_confidential(&self) -> bool {
        self.metadata.token_endpoint_auth_method != AuthMethod::None
    }

    /// Whether a text is one of its secrets that are alive.
    pub fn has_secret(&self, presented: &str, now: Timestamp) -> bool {
        // Each is compared, so that the time does not tell which one it is.
        self.secrets.iter().fold(false, |found, secret| secret.matches(presented, now) | found)
    }

    /// Whether it keeps to the FAPI 2.0 Security Profile: it signs to prove itself, pushes its requests, and binds its tokens.
    pub fn is_fapi(&self) -> bool {
        let metadata = &self.metadata;
        metadata.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt
            && metadata.require_pushed_authorization_requests
            && metadata.dpop_bound_access_tokens
    }

    /// Whether it may use a grant.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.metadata.grant_types.contains(&grant)
    }

    /// The name to show to people.
    pub fn display_name(&self) -> &str {
        self.metadata.client_name.as_deref().unwrap_or(self.client_id.as_str())
    }

    /// Whether an operator vouches for it.
    pub fn is_verified(&self) -> bool {
        matches!(self.origin, ClientOrigin::Operator | ClientOrigin::Vouched)
    }

    /// The redirect URI that a request names, if it is one of the client's.
    pub fn find_redirect_uri(&self, presented: &str) -> Option<&RedirectUri> {
        self.metadata.redirect_uris.iter().find(|uri| uri.matches(presented))
    }
}

/// Algorithms by their names (RFC 7518 §3.1).
mod algorithm {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use tegata_jose::Algorithm;

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference to the field"
    )]
    pub(super) fn serialize<S: Serializer>(alg: &Option<Algorithm>, s: S) -> Result<S::Ok, S::Error> {
        match alg {
            Some(alg) => s.serialize_str(alg.as_str()),
            None => s.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Algorithm>, D::Error> {
        let text = Option::<String>::deserialize(d)?;
        text.map(|text| text.parse().map_err(|_| serde::de::Error::custom("unknown algorithm"))).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_never_mistaken_for_a_user() {
        let user = UserId::from_bytes([7; 16]).to_string();
        assert!(user.parse::<ClientId>().is_err());
        for bad in ["", "a b", "ä", "a\n", &"x".repeat(256)] {
            assert!(bad.parse::<ClientId>().is_err(), "{bad:?}");
        }
        assert!("https://app.example/client.json".parse::<ClientId>().is_ok());
    }

    #[test]
    fn a_client_is_read_back_as_it_was_written() {
        let client = Client {
            client_id: "app".parse().unwrap(),
            version: 1,
            created_at: Timestamp::from_secs(1),
            status: ClientStatus::Active,
            origin: ClientOrigin::Operator,
            secrets: Vec::new(),
            registration_access_token: None,
            scope_limit: None,
            grant_limit: None,
            metadata: ClientMetadata {
                redirect_uris: vec!["https://app.example/cb".parse().unwrap()],
                grant_types: GrantType::ALL.to_vec(),
                ..ClientMetadata::default()
            },
        };
        let text = serde_json::to_string(&client).unwrap();
        assert_eq!(serde_json::from_str::<Client>(&text).unwrap(), client);
        assert!(text.contains(r#""id_token_signed_response_alg":"RS256""#));
    }
}
