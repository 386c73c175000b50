//! Keys and claims that the tests share.

use std::sync::{Arc, OnceLock};

use tegata_jose::{
    AccessToken, AccessTokenClaims, Algorithm, IdToken, IdTokenClaims, NumericDate, Profile, SigningKey,
    VerifyingKey, VerifyingKeys,
};

pub(crate) const ISSUER: &str = "https://auth.example";
pub(crate) const RESOURCE: &str = "https://api.example";
pub(crate) const CLIENT: &str = "web";
pub(crate) const NOW: NumericDate = NumericDate::new(1_800_000_000);

/// One key per signing algorithm for the whole run: RSA keys take long to make.
pub(crate) fn key(algorithm: Algorithm) -> &'static SigningKey {
    static KEYS: [OnceLock<SigningKey>; 3] = [const { OnceLock::new() }; 3];
    let index = match algorithm {
        Algorithm::Es256 => 0,
        Algorithm::EdDsa => 1,
        _ => 2,
    };
    KEYS[index].get_or_init(|| SigningKey::generate(algorithm).unwrap())
}

pub(crate) fn verifying(keys: &[&SigningKey]) -> Arc<VerifyingKeys> {
    let keys = keys.iter().map(|key| VerifyingKey::from_jwk(&key.public_jwk()).unwrap()).collect();
    Arc::new(VerifyingKeys::new(keys).unwrap())
}

pub(crate) fn access_profile() -> Profile<AccessToken> {
    Profile::access_token(ISSUER, RESOURCE, verifying(&[key(Algorithm::Es256)]))
}

pub(crate) fn id_profile() -> Profile<IdToken> {
    Profile::id_token(ISSUER, CLIENT, verifying(&[key(Algorithm::Es256)]))
}

pub(crate) fn access_claims() -> AccessTokenClaims<'static> {
    AccessTokenClaims {
        issuer: ISSUER,
        subject: "usr_01J0000000000000000000000",
        audience: &[RESOURCE],
        client_id: CLIENT,
        scope: "profile:read profile:write",
        issued_at: NOW,
        expires_at: NOW.saturating_add(900),
        jwt_id: "jti_01J0000000000000000000000",
        session_id: Some("ses_01J0000000000000000000000"),
        username: Some("hanako"),
        auth_time: None,
        acr: None,
        confirmation: None,
        actor: None,
    }
}

pub(crate) fn id_claims() -> IdTokenClaims<'static> {
    IdTokenClaims {
        issuer: ISSUER,
        subject: "usr_01J0000000000000000000000",
        audience: CLIENT,
        issued_at: NOW,
        expires_at: NOW.saturating_add(900),
        auth_time: Some(NOW),
        nonce: Some("n-0S6_WzA2Mj"),
        acr: Some("1"),
        amr: &["pwd"],
        access_token_hash: None,
        session_id: Some("ses_01J0000000000000000000000"),
        preferred_username: Some("花子"),
        authorized_party: None,
        additional: &[],
    }
}
