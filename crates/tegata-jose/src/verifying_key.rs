use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
};

use crate::jwk::{Curve, Material};
use crate::jwks::check_distinct;
use crate::{Algorithm, JoseError, Jwk, JwkSet, rsa_key};

/// The shortest key for HS256 (RFC 7518 §3.2).
const MIN_HMAC_KEY_LEN: usize = 32;

/// A key that verifies signatures of exactly one algorithm (RFC 8725 §3.1).
///
/// The key is parsed once; a verification allocates nothing.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: Option<Box<str>>,
    algorithm: Algorithm,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Public(ParsedPublicKey),
    Hmac(Box<hmac::Key>),
}

impl VerifyingKey {
    /// A key whose algorithm is its `alg`, or follows from its type (every type but RSA).
    ///
    /// RSA keys must have 2048 to 4096 bits and an odd public exponent of 3 to 2^32: shorter ones are weak, longer ones
    /// make a verification slow enough to hurt. Keys of the ROCA generator (CVE-2017-15361) are refused.
    ///
    /// # Errors
    /// [`JoseError::KeyUse`] if `use` or `key_ops` forbids verifying, [`JoseError::AmbiguousAlgorithm`],
    /// [`JoseError::UnsupportedAlgorithm`], or [`JoseError::InvalidKey`] if `alg` does not fit the key or the key is
    /// not sound.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, JoseError> {
        let algorithm = match (&jwk.alg, &jwk.material) {
            (Some(alg), _) => alg.parse()?,
            (None, Material::Ec { curve: Curve::P256, .. }) => Algorithm::Es256,
            (None, Material::Ec { curve: Curve::P384, .. }) => Algorithm::Es384,
            (None, Material::Ec { curve: Curve::P521, .. }) => Algorithm::Es512,
            (None, Material::Ed25519 { .. }) => Algorithm::EdDsa,
            (None, Material::Rsa { .. }) => return Err(JoseError::AmbiguousAlgorithm),
        };
        Self::from_jwk_as(jwk, algorithm)
    }

    /// A key for an issuer whose algorithm is known from elsewhere, because its RSA keys have no `alg`.
    ///
    /// # Errors
    /// As [`from_jwk`](Self::from_jwk); [`JoseError::AlgorithmMismatch`] if the key has another `alg`.
    pub fn from_jwk_as(jwk: &Jwk, algorithm: Algorithm) -> Result<Self, JoseError> {
        check_use(jwk)?;
        if jwk.alg.as_deref().is_some_and(|alg| alg != algorithm.as_str()) {
            return Err(JoseError::AlgorithmMismatch);
        }
        let key = match &jwk.material {
            Material::Ec { curve, x, y } => {
                parse(ec_parameters(*curve, algorithm)?, &[&[4], &**x, &**y].concat())?
            }
            Material::Ed25519 { x } if algorithm == Algorithm::EdDsa => parse(&signature::ED25519, x)?,
            Material::Ed25519 { .. } => return Err(misfit()),
            Material::Rsa { n, e } => {
                rsa_key::check(n, e)?;
                RsaPublicKeyComponents { n, e }
                    .to_parsed_public_key(rsa_parameters(algorithm)?)
                    .map_err(|_| unsound())?
            }
        };
        Ok(Self { kid: jwk.kid.as_deref().map(Into::into), algorithm, key: Key::Public(key) })
    }

    /// A shared secret for HS256, of at least 256 bits (RFC 7518 §3.2).
    ///
    /// It comes from the configuration of whoever shares it, never from a JWK Set; so a public key can never be taken
    /// for a secret (RFC 8725 §2.1).
    ///
    /// # Errors
    /// [`JoseError::InvalidKey`] if it is too short.
    pub fn hs256(kid: Option<&str>, secret: &[u8]) -> Result<Self, JoseError> {
        if secret.len() < MIN_HMAC_KEY_LEN {
            return Err(JoseError::InvalidKey { reason: "shorter than 256 bits" });
        }
        let key = Key::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret)));
        Ok(Self { kid: kid.map(Into::into), algorithm: Algorithm::Hs256, key })
    }

    /// The key's name within its set.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The one algorithm this key verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), JoseError> {
        match &self.key {
            Key::Public(key) => key.verify_sig(message, signature),
            Key::Hmac(key) => hmac::verify(key, message, signature),
        }
        .map_err(|_| JoseError::InvalidSignature)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// The keys of one issuer, ready to verify; `kid`s are distinct.
#[derive(Clone, Debug, Default)]
pub struct VerifyingKeys {
    keys: Vec<VerifyingKey>,
}

impl VerifyingKeys {
    /// A set of these keys.
    ///
    /// # Errors
    /// [`JoseError::DuplicateKeyId`].
    pub fn new(keys: Vec<VerifyingKey>) -> Result<Self, JoseError> {
        check_distinct(&keys, VerifyingKey::kid)?;
        Ok(Self { keys })
    }

    /// Every key of a set that can verify; those for other uses, of other algorithms or unsound are left out.
    pub fn from_jwks(jwks: &JwkSet) -> Self {
        // The set's `kid`s are distinct, so what is left of them is, too.
        Self { keys: jwks.keys().iter().filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok()).collect() }
    }

    /// All keys, in order.
    pub fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    /// The key a header asks for. Without a `kid` there must be one key only: Tegata does not try them in turn.
    pub(crate) fn select(&self, kid: Option<&str>) -> Result<&VerifyingKey, JoseError> {
        match (kid, self.keys.as_slice()) {
            (Some(_), keys) => keys.iter().find(|key| key.kid() == kid),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
        .ok_or(JoseError::UnknownKey)
    }
}

fn check_use(jwk: &Jwk) -> Result<(), JoseError> {
    let use_allows = jwk.key_use.as_deref().is_none_or(|key_use| key_use == "sig");
    let ops_allow = jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|operation| operation == "verify"));
    if use_allows && ops_allow { Ok(()) } else { Err(JoseError::KeyUse) }
}

fn parse(parameters: &'static dyn VerificationAlgorithm, bytes: &[u8]) -> Result<ParsedPublicKey, JoseError> {
    ParsedPublicKey::new(parameters, bytes).map_err(|_| unsound())
}

fn ec_parameters(
    curve: Curve,
    algorithm: Algorithm,
) -> Result<&'static dyn VerificationAlgorithm, JoseError> {
    match (curve, algorithm) {
        (Curve::P256, Algorithm::Es256) => Ok(&signature::ECDSA_P256_SHA256_FIXED),
        (Curve::P384, Algorithm::Es384) => Ok(&signature::ECDSA_P384_SHA384_FIXED),
        (Curve::P521, Algorithm::Es512) => Ok(&signature::ECDSA_P521_SHA512_FIXED),
        _ => Err(misfit()),
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Result<&'static RsaParameters, JoseError> {
    Ok(match algorithm {
        Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return Err(misfit()),
    })
}

fn misfit() -> JoseError {
    JoseError::InvalidKey { reason: "algorithm does not fit the key type" }
}

fn unsound() -> JoseError {
    JoseError::InvalidKey { reason: "not a sound public key" }
}
