//! Proofs of possession (RFC 9449).

use std::time::Duration;

use tegata_jose::{DpopExpectation, ExpectedNonce, JoseError, VerifiedAccessToken, verify_dpop_proof};

use super::token_request::AccessBinding;
use crate::oauth::{DpopNonce, ErrorCode, OAuthError};
use crate::provider::Provider;
use crate::settings::DpopNonces;
use crate::timestamp::Timestamp;
use crate::transient::{Transient, TransientKey, TransientKind};

/// How old a proof may be; clocks of clients differ. A nonce is good for less, so a proof that is remembered for as long as
/// this is not good again by its nonce.
const MAX_AGE: Duration = Duration::from_mins(5);
/// How far ahead a client's clock may be: ten seconds (FAPI 2.0 Security Profile §5.3.2.1), and the way here.
const LEEWAY: Duration = Duration::from_secs(15);

/// A proof as it came with a request.
#[derive(Clone, Copy)]
pub struct PresentedProof<'a> {
    /// The JWT of the `DPoP` header.
    pub proof: &'a str,
    /// The method of the request.
    pub method: &'a str,
    /// The path of the request, below the issuer.
    pub path: &'a str,
}

/// A proof that is right for its request, if it is not used a second time.
#[derive(Debug)]
pub struct VerifiedProof {
    /// The thumbprint of its key.
    jkt: String,
    jwt_id: String,
    /// The nonce of the next proof, if this one has used one that another has followed (RFC 9449 §8.2).
    next_nonce: Option<DpopNonce>,
}

impl VerifiedProof {
    /// The thumbprint of its key (RFC 7638).
    pub(super) fn jkt(&self) -> &str {
        &self.jkt
    }

    /// The nonce that the client's next proof should have, if it is another one.
    pub const fn next_nonce(&self) -> Option<&DpopNonce> {
        self.next_nonce.as_ref()
    }

    #[cfg(test)]
    pub(crate) fn jwt_id(&self) -> &str {
        &self.jwt_id
    }

    /// As if a proof of this key had come.
    #[cfg(test)]
    pub(crate) fn of_key(jkt: &str, jwt_id: &str) -> Self {
        Self { jkt: jkt.to_owned(), jwt_id: jwt_id.to_owned(), next_nonce: None }
    }
}

impl Provider {
    /// Uses the proof of a request up, if there is one, and gives what its tokens are bound to.
    ///
    /// Last of all that is checked: anyone can make proofs, and this is what one leaves in the store.
    ///
    /// # Errors
    /// `invalid_dpop_proof`
    pub(super) async fn use_proof(
        &self,
        proof: Option<&VerifiedProof>,
        now: Timestamp,
    ) -> Result<AccessBinding, OAuthError> {
        let Some(proof) = proof else { return Ok(AccessBinding::default()) };
        self.use_once(proof, now).await?;
        Ok(AccessBinding { dpop_jkt: Some(proof.jkt.clone()) })
    }

    /// Checks that whoever shows a bound access token holds its key (RFC 9449 §7.1), and that a token that is not bound is
    /// not shown as if it were. `is_dpop` is the scheme that it was shown with. Gives the nonce of the next proof, if it is
    /// another one.
    ///
    /// # Errors
    /// `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce`
    pub async fn check_possession(
        &self,
        token: &VerifiedAccessToken,
        text: &str,
        is_dpop: bool,
        presented: Option<PresentedProof<'_>>,
        now: Timestamp,
    ) -> Result<Option<DpopNonce>, OAuthError> {
        let invalid = |description: &'static str| OAuthError::refused(ErrorCode::InvalidToken, description);
        match (token.confirmation(), is_dpop) {
            (None, false) => Ok(None),
            (None, true) => Err(invalid("The access token is not bound to a key.")),
            // Or a stolen token would be as good as one that was never bound.
            (Some(_), false) => Err(invalid("The access token is bound to a key and needs a proof of it.")),
            (Some(expected), true) => {
                let presented = presented.ok_or_else(|| invalid_proof("The DPoP header is missing."))?;
                let proof = self.verify_proof(presented, Some(text), now)?;
                if proof.jkt != *expected {
                    return Err(invalid("The proof is of another key."));
                }
                self.use_once(&proof, now).await?;
                Ok(proof.next_nonce)
            }
        }
    }

    /// Verifies a proof, with the hash of the access token that the request carries. Nothing is used up by it: a client that
    /// lacks a nonce may try again with the same name of the proof, and the same assertion of itself.
    ///
    /// # Errors
    /// `invalid_dpop_proof`, `use_dpop_nonce`
    pub fn verify_proof(
        &self,
        presented: PresentedProof<'_>,
        access_token: Option<&str>,
        now: Timestamp,
    ) -> Result<VerifiedProof, OAuthError> {
        let uri = format!("{}{}", self.settings.issuer, presented.path);
        let [newest, before] = DpopNonce::good_at(now, &self.settings.tenant, &self.key_ring().secrets);
        let good = [newest.as_str(), before.as_str()];
        let nonce = match self.settings.oauth.dpop_nonces {
            DpopNonces::Off => ExpectedNonce::Any,
            DpopNonces::Offered => ExpectedNonce::Offered(&good),
            DpopNonces::Required => ExpectedNonce::Required(&good),
        };
        let verified = verify_dpop_proof(
            presented.proof,
            &DpopExpectation {
                method: presented.method,
                uri: &uri,
                access_token,
                nonce,
                now: now.numeric_date(),
                max_age_secs: u32::try_from(MAX_AGE.as_secs()).unwrap_or(u32::MAX),
                leeway_secs: u32::try_from(LEEWAY.as_secs()).unwrap_or(u32::MAX),
            },
        )
        .map_err(|error| match error {
            JoseError::MissingClaim { claim: "nonce" } | JoseError::ClaimMismatch { claim: "nonce" } => {
                OAuthError::UseDpopNonce(newest.clone())
            }
            _ => invalid_proof(
                "The DPoP proof is not valid for this request: check htm, htu, iat, jti, ath and the key.",
            ),
        })?;
        let used = verified.nonce.as_deref();
        let has_older = nonce != ExpectedNonce::Any && used == Some(before.as_str());
        let next_nonce = has_older.then_some(newest);
        Ok(VerifiedProof { jkt: verified.thumbprint, jwt_id: verified.jwt_id, next_nonce })
    }

    async fn use_once(&self, proof: &VerifiedProof, now: Timestamp) -> Result<(), OAuthError> {
        let key = TransientKey::new(TransientKind::Proof, &[&proof.jkt, &proof.jwt_id]);
        let forgotten_at = now + MAX_AGE + LEEWAY + LEEWAY;
        let is_new = self.ports.store.create_transient(&Transient::new(key, &(), forgotten_at)?).await?;
        if is_new { Ok(()) } else { Err(invalid_proof("The DPoP proof was used before.")) }
    }
}

fn invalid_proof(description: &'static str) -> OAuthError {
    OAuthError::refused(ErrorCode::InvalidDpopProof, description)
}
