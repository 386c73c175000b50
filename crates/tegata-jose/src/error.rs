use thiserror::Error;

/// Why a key, a token or a claim was refused. No text holds any part of a token or a key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JoseError {
    /// The token is longer than [`MAX_TOKEN_LEN`](crate::MAX_TOKEN_LEN); a longer one is neither read nor issued.
    #[error("token is larger than 8 KiB")]
    TokenTooLarge,
    /// Not three base64url segments (RFC 7515 §7.1), or base64url in a form that no encoder writes.
    #[error("token is not a compact JWS")]
    MalformedToken,
    /// The JOSE header is not one JSON object of distinct members with strings where RFC 7515 §4.1 wants them.
    #[error("header is not valid")]
    InvalidHeader,
    /// The header has `crit` or `b64`: extensions that this verifier does not know (RFC 7515 §4.1.11, RFC 7797).
    #[error("header demands an unknown extension")]
    CriticalExtension,
    /// The header's `typ` is of another kind of token (RFC 8725 §3.11).
    #[error("token is of another type")]
    WrongTyp,
    /// An `alg` that is not an [`Algorithm`](crate::Algorithm), `none` among them.
    #[error("algorithm is not supported")]
    UnsupportedAlgorithm,
    /// The header's `alg` is not the one algorithm of the key.
    #[error("algorithm is not the one of the key")]
    AlgorithmMismatch,
    /// The key's algorithm is not among those the profile allows.
    #[error("algorithm is not allowed")]
    AlgorithmNotAllowed,
    /// No key of the set has the token's `kid`. Fetching the issuer's keys anew may help.
    #[error("key is not known")]
    UnknownKey,
    /// The signature does not belong to this key and these bytes.
    #[error("signature is not valid")]
    InvalidSignature,
    /// The payload is not one JSON object of distinct members.
    #[error("payload is not valid")]
    InvalidPayload,
    /// A claim has a wrong JSON type or a value out of range.
    #[error("claim `{claim}` is not valid")]
    InvalidClaim {
        /// The claim's name.
        claim: &'static str,
    },
    /// A claim that this kind of token must have is absent.
    #[error("claim `{claim}` is missing")]
    MissingClaim {
        /// The claim's name.
        claim: &'static str,
    },
    /// A claim that was to be added has the name of one that the protocol gives a meaning.
    #[error("claim has a reserved name")]
    ReservedClaim,
    /// A claim of a proof is not that of the request.
    #[error("claim `{claim}` is not the expected one")]
    ClaimMismatch {
        /// The claim's name.
        claim: &'static str,
    },
    /// `iss` is another issuer.
    #[error("token is from another issuer")]
    IssuerMismatch,
    /// `aud` does not name us, or, in an ID token, names others too.
    #[error("token is for another audience")]
    AudienceMismatch,
    /// `client_id` is none of those whose tokens are accepted, or an assertion is of another client.
    #[error("token was issued to another client")]
    ClientMismatch,
    /// `token_use` is not `access`, or the token has claims that only an ID token has.
    #[error("token is for another use")]
    WrongTokenUse,
    /// The token is past its `exp`.
    #[error("token has expired")]
    Expired,
    /// `exp` is further ahead than this kind of token may live.
    #[error("token would live too long")]
    LifetimeTooLong,
    /// The token is before its `nbf`.
    #[error("token is not valid yet")]
    NotYetValid,
    /// `iat` lies in the future.
    #[error("token was issued in the future")]
    IssuedInFuture,
    /// A profile asked for more leeway than [`MAX_LEEWAY_SECS`](crate::MAX_LEEWAY_SECS).
    #[error("leeway is longer than 30 seconds")]
    LeewayTooLong,
    /// The key cannot be read, or is too weak to rely on.
    #[error("key is not valid: {reason}")]
    InvalidKey {
        /// What is wrong with it; a fixed text.
        reason: &'static str,
    },
    /// A JWK in a public place holds private or symmetric key material. Such a key has leaked and is worth nothing.
    #[error("public key holds private members")]
    PrivateKey,
    /// The JWK's `use` or `key_ops` is not for verifying (RFC 7517 §4.2, §4.3).
    #[error("key is not for verifying signatures")]
    KeyUse,
    /// An RSA key without `alg` could be of six algorithms; see
    /// [`VerifyingKey::from_jwk_as`](crate::VerifyingKey::from_jwk_as).
    #[error("key does not say its algorithm")]
    AmbiguousAlgorithm,
    /// Not a JWK Set (RFC 7517 §5), or larger than the limits.
    #[error("key set is not valid")]
    InvalidKeySet,
    /// Two keys of a set share a `kid`.
    #[error("two keys have the same kid")]
    DuplicateKeyId,
    /// Tegata verifies this algorithm for others but does not sign with it.
    #[error("algorithm is for verifying only")]
    VerifyOnly,
    /// The cryptographic library refused to make a key or a signature.
    #[error("signing failed")]
    SigningFailed,
}
