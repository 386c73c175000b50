use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::claims::{Claims, ExpectedAudience, StringClaim};
use crate::jws::{Header, Jws};
use crate::signing_key::encoded_header;
use crate::{
    AccessToken, Algorithm, ForeignAccessToken, IdToken, JoseError, LogoutToken, NumericDate, VerifyingKey,
    VerifyingKeys,
};

/// The most that clocks may differ, in seconds.
pub const MAX_LEEWAY_SECS: u32 = 30;

/// A kind of token: [`AccessToken`], [`IdToken`], [`LogoutToken`] or [`ForeignAccessToken`]. Their checks exclude each
/// other, and so do the types of what has passed them (RFC 8725 §3.12).
pub trait TokenKind: Kind {
    /// What [`verify`] gives.
    type Verified: Verified;
}

/// The rules of a kind.
pub trait Kind: Sized {
    /// The `typ` that Tegata writes.
    const TYP: &'static str;
    /// Whether `aud` may name nobody else.
    const EXCLUSIVE_AUDIENCE: bool;
    /// Whether every token speaks of a user.
    const REQUIRES_SUBJECT: bool = true;

    fn accepts_typ(typ: Option<&str>) -> bool;

    /// The checks beyond those of every kind.
    fn check(profile: &Profile<Self>, claims: Claims) -> Result<Self::Verified, JoseError>
    where
        Self: TokenKind;
}

/// What has passed.
pub trait Verified {
    fn claims(&self) -> &Claims;
}

/// What a token must be, to be accepted here: decided before the token is looked at.
///
/// A profile never changes. When keys do, make a new one; [`VerifiedTokens`](crate::VerifiedTokens) then forgets what
/// passed the old one.
pub struct Profile<K> {
    id: u64,
    issuer: String,
    /// Empty where tokens need not have an `aud`, which only [`ForeignAccessToken`] allows.
    audiences: Vec<String>,
    /// The clients whose tokens are accepted; empty where `aud` decides alone.
    client_ids: Vec<String>,
    algorithms: Vec<Algorithm>,
    leeway: i64,
    keys: Arc<VerifyingKeys>,
    /// The encoded headers that our own signer writes, with the index of their key: such a header needs no parsing.
    known_headers: Vec<(String, usize)>,
    kind: PhantomData<fn() -> K>,
}

impl Profile<AccessToken> {
    /// Access tokens (RFC 9068) from `issuer` for the resource `audience`.
    ///
    /// `ES256`, `RS256` and `EdDSA` are allowed, without leeway.
    pub fn access_token(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        keys: Arc<VerifyingKeys>,
    ) -> Self {
        Self::new(issuer.into(), vec![audience.into()], keys)
    }
}

impl Profile<IdToken> {
    /// ID tokens (OIDC Core §2) from `issuer` for the client `client_id`.
    ///
    /// `ES256`, `RS256` and `EdDSA` are allowed, without leeway.
    pub fn id_token(
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        keys: Arc<VerifyingKeys>,
    ) -> Self {
        Self::new(issuer.into(), vec![client_id.into()], keys)
    }
}

impl Profile<LogoutToken> {
    /// Logout tokens (OIDC Back-Channel Logout §2.4) from `issuer` for the client `client_id`.
    ///
    /// `ES256`, `RS256` and `EdDSA` are allowed, without leeway.
    pub fn logout_token(
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        keys: Arc<VerifyingKeys>,
    ) -> Self {
        Self::new(issuer.into(), vec![client_id.into()], keys)
    }
}

impl Profile<ForeignAccessToken> {
    /// Access tokens from an issuer that is not Tegata, for the resource `audience`.
    ///
    /// `ES256`, `RS256` and `EdDSA` are allowed, without leeway.
    pub fn foreign_access_token(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        keys: Arc<VerifyingKeys>,
    ) -> Self {
        Self::new(issuer.into(), vec![audience.into()], keys)
    }

    /// Access tokens from an Amazon Cognito user pool, issued to the client `client_id`.
    ///
    /// They have no `aud`, unless the client asks for one resource: then it must be one that
    /// [`with_audience`](Self::with_audience) names, and must not be absent.
    ///
    /// `ES256`, `RS256` and `EdDSA` are allowed, without leeway.
    pub fn cognito_access_token(
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        keys: Arc<VerifyingKeys>,
    ) -> Self {
        Self::new(issuer.into(), Vec::new(), keys).with_client_id(client_id)
    }

    /// Accepts tokens of named clients only, and of this one too.
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_ids.push(client_id.into());
        self.renewed()
    }

    /// Whether `client_id` decides.
    pub(crate) fn names_clients(&self) -> bool {
        !self.client_ids.is_empty()
    }

    pub(crate) fn is_client(&self, name: &str) -> bool {
        self.client_ids.iter().any(|client_id| client_id == name)
    }
}

impl<K: TokenKind> Profile<K> {
    fn new(issuer: String, audiences: Vec<String>, keys: Arc<VerifyingKeys>) -> Self {
        Self {
            id: 0,
            issuer,
            audiences,
            client_ids: Vec::new(),
            algorithms: vec![Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa],
            leeway: 0,
            keys,
            known_headers: Vec::new(),
            kind: PhantomData,
        }
        .renewed()
    }

    /// Also accepts tokens for this audience.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self.renewed()
    }

    /// Accepts these algorithms only.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: &[Algorithm]) -> Self {
        self.algorithms = algorithms.to_vec();
        self.renewed()
    }

    /// Lets the issuer's clock differ by this many seconds, in the checks of `exp` and `nbf`.
    ///
    /// # Errors
    /// [`JoseError::LeewayTooLong`] beyond [`MAX_LEEWAY_SECS`].
    pub fn with_leeway(mut self, secs: u32) -> Result<Self, JoseError> {
        if secs > MAX_LEEWAY_SECS {
            return Err(JoseError::LeewayTooLong);
        }
        self.leeway = i64::from(secs);
        Ok(self.renewed())
    }

    /// The same rules with other keys.
    #[must_use]
    pub fn with_keys(mut self, keys: Arc<VerifyingKeys>) -> Self {
        self.keys = keys;
        self.renewed()
    }

    /// The issuer whose tokens these are.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Gives a changed profile its own identity, and brings what is derived up to date.
    fn renewed(mut self) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        self.id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        self.known_headers = self
            .keys
            .keys()
            .iter()
            .enumerate()
            .filter(|(_, key)| self.algorithms.contains(&key.algorithm()))
            .filter_map(|(index, key)| Some((encoded_header(K::TYP, key.algorithm(), key.kid()?), index)))
            .collect();
        self
    }

    /// Distinguishes this profile from every other of the process.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn is_audience(&self, name: &str) -> bool {
        self.audiences.iter().any(|audience| audience == name)
    }

    pub(crate) fn check_times(&self, claims: &Claims, now: NumericDate) -> Result<(), JoseError> {
        claims.check_times(now, self.leeway)
    }

    /// The key to check the token with, once its header has been found in order.
    fn select_key(&self, jws: &Jws<'_>) -> Result<&VerifyingKey, JoseError> {
        let known = self.known_headers.iter().find(|(header, _)| header == jws.header);
        if let Some(key) = known.and_then(|(_, index)| self.keys.keys().get(*index)) {
            return Ok(key);
        }
        let decoded = jws.decode_header()?;
        let header = Header::read(&decoded)?;
        if !K::accepts_typ(header.typ.as_deref()) {
            return Err(JoseError::WrongTyp);
        }
        let key = header.select_key(&self.keys)?;
        if !self.algorithms.contains(&key.algorithm()) {
            return Err(JoseError::AlgorithmNotAllowed);
        }
        Ok(key)
    }
}

impl<K> Clone for Profile<K> {
    fn clone(&self) -> Self {
        Self {
            // The same rules, so what passed the one has passed the other.
            id: self.id,
            issuer: self.issuer.clone(),
            audiences: self.audiences.clone(),
            client_ids: self.client_ids.clone(),
            algorithms: self.algorithms.clone(),
            leeway: self.leeway,
            keys: Arc::clone(&self.keys),
            known_headers: self.known_headers.clone(),
            kind: PhantomData,
        }
    }
}

impl<K> fmt::Debug for Profile<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("issuer", &self.issuer)
            .field("audiences", &self.audiences)
            .field("client_ids", &self.client_ids)
            .field("algorithms", &self.algorithms)
            .field("leeway", &self.leeway)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

/// Checks a token completely: form, header, key, algorithm, signature, then every claim that its kind demands.
///
/// The only entry point: there is no way to skip a check. `exp`, `nbf`, `iat` and `auth_time` must be whole numbers;
/// the fractions that RFC 7519 §2 allows are refused.
///
/// # Errors
/// The first failed check. Nothing of the payload is read before the signature has been found valid.
/// [`JoseError::UnknownKey`] means that the issuer may have newer keys.
pub fn verify<K: TokenKind>(
    profile: &Profile<K>,
    token: &str,
    now: NumericDate,
) -> Result<K::Verified, JoseError> {
    let jws = Jws::split(token)?;
    jws.check_signature(profile.select_key(&jws)?)?;
    let payload = jws.decode_payload()?;
    let audience = ExpectedAudience {
        trusted: Some(&profile.audiences),
        exclusive: K::EXCLUSIVE_AUDIENCE,
        optional: profile.audiences.is_empty(),
    };
    let claims = Claims::read(payload, audience)?;
    if claims.require_string(StringClaim::Iss)? != profile.issuer {
        return Err(JoseError::IssuerMismatch);
    }
    if K::REQUIRES_SUBJECT {
        claims.require_string(StringClaim::Sub)?;
    }
    profile.check_times(&claims, now)?;
    K::check(profile, claims)
}
