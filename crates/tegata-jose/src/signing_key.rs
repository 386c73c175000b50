use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use zeroize::Zeroizing;

use crate::json::ObjectWriter;
use crate::jwk::{Curve, Jwk, Material};
use crate::{
    AccessTokenClaims, Algorithm, IdTokenClaims, JoseError, LogoutTokenClaims, MAX_TOKEN_LEN,
    TYP_ACCESS_TOKEN, TYP_JWT, TYP_LOGOUT_TOKEN, base64url, rsa_key,
};

/// A private key that signs tokens. It is never printed; [`to_pkcs8`](Self::to_pkcs8) is the only way to see it.
pub struct SigningKey {
    algorithm: Algorithm,
    pair: Pair,
    jwk: Jwk,
    kid: String,
    /// The encoded headers of access tokens and ID tokens, which are the same for every token of the key.
    access_token_header: String,
    jwt_header: String,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl SigningKey {
    /// Makes a new key, with the randomness of the cryptographic library. RSA keys have 2048 bits and take a moment.
    ///
    /// # Errors
    /// [`JoseError::VerifyOnly`] for an algorithm that only verifies; [`JoseError::SigningFailed`] if no key could be made.
    pub fn generate(algorithm: Algorithm) -> Result<Self, JoseError> {
        let pair = match algorithm {
            Algorithm::Es256 => {
                Pair::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(signing_failed)?)
            }
            Algorithm::EdDsa => Pair::Ed25519(Ed25519KeyPair::generate().map_err(signing_failed)?),
            Algorithm::Rs256 => {
                Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).map_err(signing_failed)?))
            }
            _ => return Err(JoseError::VerifyOnly),
        };
        Self::new(algorithm, pair)
    }

    /// Reads a key that [`to_pkcs8`](Self::to_pkcs8) or another program wrote (RFC 5208).
    ///
    /// # Errors
    /// [`JoseError::VerifyOnly`] for an algorithm that only verifies; [`JoseError::InvalidKey`] if it is not a key of this
    /// algorithm, or is an RSA key that [`VerifyingKey`](crate::VerifyingKey) would refuse.
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, JoseError> {
        let pair = match algorithm {
            Algorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map(Pair::Ecdsa)
            }
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(pkcs8).map(Pair::Ed25519),
            Algorithm::Rs256 => RsaKeyPair::from_pkcs8(pkcs8).map(|pair| Pair::Rsa(Box::new(pair))),
            _ => return Err(JoseError::VerifyOnly),
        }
        .map_err(|_| JoseError::InvalidKey { reason: "not a private key of this algorithm" })?;
        Self::new(algorithm, pair)
    }

    fn new(algorithm: Algorithm, pair: Pair) -> Result<Self, JoseError> {
        let mut jwk = Jwk {
            material: pair.material()?,
            kid: None,
            alg: Some(algorithm.as_str().to_owned()),
            key_use: Some("sig".to_owned()),
            key_ops: None,
        };
        let kid = jwk.thumbprint();
        jwk.kid = Some(kid.clone());
        let access_token_header = encoded_header(TYP_ACCESS_TOKEN, algorithm, &kid);
        let jwt_header = encoded_header(TYP_JWT, algorithm, &kid);
        Ok(Self { algorithm, pair, jwk, kid, access_token_header, jwt_header })
    }

    /// The private key (RFC 5208), wiped when dropped. Seal it before it touches a disk.
    ///
    /// # Errors
    /// [`JoseError::SigningFailed`] if the cryptographic library cannot write it.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, JoseError> {
        let bytes = match &self.pair {
            Pair::Ecdsa(pair) => pair.to_pkcs8v1().map_err(signing_failed)?.as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.to_pkcs8().map_err(signing_failed)?.as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(signing_failed)?;
                der.as_ref().to_vec()
            }
        };
        Ok(Zeroizing::new(bytes))
    }

    /// The algorithm of all its signatures.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key's name: its RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half, with `kid`, `use` and `alg`.
    pub fn public_jwk(&self) -> Jwk {
        self.jwk.clone()
    }

    /// Issues an access token (RFC 9068 §2).
    ///
    /// # Errors
    /// [`JoseError::MissingClaim`] without an audience; [`JoseError::InvalidClaim`] for a `cnf` or an `act` that no verifier
    /// of ours would take; [`JoseError::TokenTooLarge`] if none would read it; [`JoseError::SigningFailed`].
    pub fn sign_access_token(&self, claims: &AccessTokenClaims<'_>) -> Result<String, JoseError> {
        self.sign_with(&self.access_token_header, claims.to_json()?.as_bytes())
    }

    /// Issues an ID token (OIDC Core §2).
    ///
    /// # Errors
    /// [`JoseError::ReservedClaim`] and [`JoseError::InvalidPayload`] if an additional claim may not be added;
    /// [`JoseError::TokenTooLarge`] if no verifier of ours would read it; [`JoseError::SigningFailed`].
    pub fn sign_id_token(&self, claims: &IdTokenClaims<'_>) -> Result<String, JoseError> {
        self.sign_with(&self.jwt_header, claims.to_json()?.as_bytes())
    }

    /// Issues a logout token (OIDC Back-Channel Logout §2.4).
    ///
    /// # Errors
    /// [`JoseError::MissingClaim`] with neither subject nor session; [`JoseError::TokenTooLarge`] if no verifier of ours would
    /// read it; [`JoseError::SigningFailed`].
    pub fn sign_logout_token(&self, claims: &LogoutTokenClaims<'_>) -> Result<String, JoseError> {
        self.sign(TYP_LOGOUT_TOKEN, claims.to_json()?.as_bytes())
    }

    /// Issues a token of any other kind: a compact JWS over these bytes with this `typ` (RFC 7515 §7.1).
    ///
    /// # Errors
    /// [`JoseError::TokenTooLarge`] if no verifier of ours would read it; [`JoseError::SigningFailed`].
    pub fn sign(&self, typ: &str, payload: &[u8]) -> Result<String, JoseError> {
        self.sign_with(&encoded_header(typ, self.algorithm, &self.kid), payload)
    }

    fn sign_with(&self, header: &str, payload: &[u8]) -> Result<String, JoseError> {
        let unsigned_len = header.len() + 1 + base64url::encoded_len(payload.len());
        let len = unsigned_len + 1 + base64url::encoded_len(self.pair.signature_len());
        if len > MAX_TOKEN_LEN {
            return Err(JoseError::TokenTooLarge);
        }
        let mut token = String::with_capacity(len);
        token.push_str(header);
        token.push('.');
        base64url::encode_onto(&mut token, payload);
        self.pair.append_signature(&mut token)?;
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl Pair {
    fn material(&self) -> Result<Material, JoseError> {
        match self {
            Self::Ecdsa(pair) => {
                // 0x04, then both coordinates (SEC 1 §2.3.3).
                let len = Curve::P256.coordinate_len();
                let point = pair.public_key().as_ref();
                let (x, y) = point
                    .strip_prefix(&[4])
                    .filter(|point| point.len() == 2 * len)
                    .map(|point| point.split_at(len))
                    .ok_or(JoseError::InvalidKey { reason: "not an uncompressed point" })?;
                Ok(Material::Ec { curve: Curve::P256, x: x.to_vec(), y: y.to_vec() })
            }
            Self::Ed25519(pair) => Ok(Material::Ed25519 { x: pair.public_key().as_ref().to_vec() }),
            Self::Rsa(pair) => {
                let (n, e) = rsa_key::read_der(pair.public_key().as_ref())
                    .ok_or(JoseError::InvalidKey { reason: "not an RSA public key" })?;
                rsa_key::check(&n, &e)?;
                Ok(Material::Rsa { n, e })
            }
        }
    }

    fn signature_len(&self) -> usize {
        match self {
            Self::Ecdsa(_) | Self::Ed25519(_) => 64,
            Self::Rsa(pair) => pair.public_modulus_len(),
        }
    }

    /// Signs all of `token` so far, and completes it.
    fn append_signature(&self, token: &mut String) -> Result<(), JoseError> {
        let mut rsa_signature = [0; rsa_key::MAX_SIGNATURE_LEN];
        let message = token.as_bytes();
        let fixed_signature;
        let signature = match self {
            Self::Ecdsa(pair) => {
                fixed_signature = pair.sign(&SystemRandom::new(), message).map_err(signing_failed)?;
                fixed_signature.as_ref()
            }
            Self::Ed25519(pair) => {
                fixed_signature = pair.try_sign(message).map_err(signing_failed)?;
                fixed_signature.as_ref()
            }
            Self::Rsa(pair) => {
                let signature =
                    rsa_signature.get_mut(..self.signature_len()).ok_or(JoseError::SigningFailed)?;
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, signature)
                    .map_err(signing_failed)?;
                signature
            }
        };
        token.push('.');
        base64url::encode_onto(token, signature);
        Ok(())
    }
}

fn signing_failed(_: aws_lc_rs::error::Unspecified) -> JoseError {
    JoseError::SigningFailed
}

/// The header of every token we issue, in the one spelling that [`Profile`](crate::Profile) knows without parsing it.
pub(crate) fn encoded_header(typ: &str, algorithm: Algorithm, kid: &str) -> String {
    let mut header = ObjectWriter::with_capacity(128);
    header.string("typ", typ);
    header.string("alg", algorithm.as_str());
    header.string("kid", kid);
    base64url::encode(header.finish())
}
