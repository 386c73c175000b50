//! The keys of clients, and what they may sign with.

use crate::jws::Header;
use crate::{Algorithm, JoseError, JwkSet, VerifyingKey};

/// The algorithms of what a client signs to prove itself. All are asymmetric: a secret that is shared is no proof.
pub const CLIENT_ALGORITHMS: [Algorithm; 4] =
    [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256, Algorithm::Ps256];

/// The key that `kid` names, or the only one of the algorithm.
///
/// A key with an `alg` verifies that one only. Many clients publish RSA keys without: such a key is taken for the header's
/// algorithm if it fits the key's type, which leaves two, and neither can be taken for the other.
pub(crate) fn select_client_key(
    header: &Header<'_>,
    keys: &JwkSet,
    algorithms: &[Algorithm],
) -> Result<VerifyingKey, JoseError> {
    let claimed: Algorithm = header.alg.parse()?;
    if !CLIENT_ALGORITHMS.contains(&claimed) || !algorithms.contains(&claimed) {
        return Err(JoseError::AlgorithmNotAllowed);
    }
    if let Some(kid) = header.kid.as_deref() {
        let jwk = keys.find(kid).ok_or(JoseError::UnknownKey)?;
        return VerifyingKey::from_jwk_as(jwk, claimed);
    }
    let mut fitting = keys.keys().iter().filter_map(|jwk| VerifyingKey::from_jwk_as(jwk, claimed).ok());
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(JoseError::UnknownKey),
    }
}
