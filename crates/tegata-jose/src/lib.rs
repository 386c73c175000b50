//! JWS, JWK and JWT claims: strict signing and verification, without I/O.
//!
//! [`SigningKey`] issues tokens, [`verify`] checks them against a [`Profile`], [`VerifiedTokens`] remembers those that
//! passed. Time is a parameter everywhere, and nothing here reads a clock, a file or the network.
//!
//! ```
//! use std::sync::Arc;
//! use tegata_jose::{AccessTokenClaims, Algorithm, NumericDate, Profile, SigningKey, VerifyingKey, VerifyingKeys, verify};
//!
//! # fn main() -> Result<(), tegata_jose::JoseError> {
//! let now = NumericDate::new(1_800_000_000);
//! let key = SigningKey::generate(Algorithm::Es256)?;
//! let token = key.sign_access_token(&AccessTokenClaims {
//!     issuer: "https://auth.example.com",
//!     subject: "usr_1",
//!     audience: &["https://api.example.com"],
//!     client_id: "web",
//!     scope: "profile:read",
//!     issued_at: now,
//!     expires_at: now.saturating_add(900),
//!     jwt_id: "jti_1",
//!     session_id: None,
//!     username: None,
//!     auth_time: None,
//!     acr: None,
//!     confirmation: None,
//!     actor: None,
//! })?;
//!
//! let keys = Arc::new(VerifyingKeys::new(vec![VerifyingKey::from_jwk(&key.public_jwk())?])?);
//! let profile = Profile::access_token("https://auth.example.com", "https://api.example.com", keys);
//! let verified = verify(&profile, &token, now)?;
//! assert_eq!(verified.subject(), "usr_1");
//! assert!(verified.has_scope("profile:read"));
//! # Ok(())
//! # }
//! ```
//!
//! What a token says about how it wants to be checked is never believed: the key fixes the algorithm, the profile fixes
//! the keys, the issuer, the audience and the kind of token (RFC 8725 §3).

mod access_token;
mod algorithm;
mod base64url;
mod claims;
mod client_assertion;
mod client_key;
mod confirmation;
mod dpop_proof;
mod error;
mod foreign_access_token;
mod http_uri;
mod id_token;
mod id_token_hint;
mod json;
mod jwk;
mod jwks;
mod jws;
mod logout_token;
mod numeric_date;
mod profile;
mod request_object;
mod rsa_key;
mod signing_key;
mod unsigned_request_object;
mod unverified;
mod verified_tokens;
mod verifying_key;

pub use access_token::{AccessToken, AccessTokenClaims, Actor, VerifiedAccessToken};
pub use algorithm::Algorithm;
pub use claims::ClaimValue;
pub use client_assertion::{
    AssertionAudience, ClientAssertionExpectation, MAX_ASSERTION_LIFETIME_SECS, MAX_JWT_ID_LEN,
    VerifiedClientAssertion, verify_client_assertion,
};
pub use client_key::CLIENT_ALGORITHMS;
pub use dpop_proof::{DpopExpectation, ExpectedNonce, VerifiedDpopProof, verify_dpop_proof};
pub use error::JoseError;
pub use foreign_access_token::{ForeignAccessToken, VerifiedForeignAccessToken};
pub use id_token::{IdToken, IdTokenClaims, VerifiedIdToken, at_hash, is_reserved_claim};
pub use id_token_hint::{VerifiedIdTokenHint, verify_id_token_hint};
pub use jwk::Jwk;
pub use jwks::{JwkSet, MAX_JWKS_KEYS, MAX_JWKS_LEN};
pub use jws::{MAX_TOKEN_LEN, verify_signature};
pub use logout_token::{LogoutToken, LogoutTokenClaims, VerifiedLogoutToken};
pub use numeric_date::NumericDate;
pub use profile::{MAX_LEEWAY_SECS, Profile, TokenKind, verify};
pub use request_object::{
    MAX_REQUEST_OBJECT_LIFETIME_SECS, RequestObjectExpectation, VerifiedRequestObject, verify_request_object,
};
pub use signing_key::SigningKey;
pub use unsigned_request_object::{
    UnsignedRequestObject, is_unsigned_request_object, read_unsigned_request_object,
};
pub use unverified::{unverified_issuer, unverified_subject};
pub use verified_tokens::VerifiedTokens;
pub use verifying_key::{VerifyingKey, VerifyingKeys};

/// The `typ` of an access token (RFC 9068 §2.1).
const TYP_ACCESS_TOKEN: &str = "at+jwt";
/// The `typ` of an ID token (RFC 7519 §5.1).
const TYP_JWT: &str = "JWT";
/// The `typ` of a logout token (OIDC Back-Channel Logout §2.4).
const TYP_LOGOUT_TOKEN: &str = "logout+jwt";
