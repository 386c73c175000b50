//! Authorization codes (RFC 6749 §4.1.2, §4.1.3): issued once, used once, good for one client.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::authorization_request::AuthorizationRequest;
use super::authorize::AuthorizationResponse;
use super::browser::BrowserSession;
use super::client_authentication::AuthenticatedClient;
use super::client_session::FirstTokens;
use super::client_tokens::{ClientTokens, TokenContent};
use super::dpop::VerifiedProof;
use super::in_force::InForce;
use super::sealed_code::{Code, Granted};
use crate::audit::{AuditAction, AuditEvent, Outcome};
use crate::grant::ClientGrant;
use crate::identifier::SessionId;
use crate::oauth::{OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};
use crate::secret::{equal, sha256};
use crate::transient::Transient;

/// How long it is remembered beyond the life of a code that it was used: whoever is asked to redeem it may have another idea of the time.
pub(super) const REMEMBERED: Duration = Duration::from_mins(5);

/// That a code was used, and the session that it became.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UsedCode {
    session_id: SessionId,
}

impl Provider {
    /// Issues a code for a request that its user has granted.
    pub(super) async fn answer_with_code(
        &self,
        request: AuthorizationRequest,
        browser: &BrowserSession,
        ctx: &RequestContext<'_>,
    ) -> Result<AuthorizationResponse, OAuthError> {
        let granted = self.granted(&request.client, &request.scope, browser);
        let text = self.seal_code(&Code {
            granted: Granted {
                grant: ClientGrant {
                    resources: request.resources,
                    claims: request.claims.to_value(),
                    ..granted.grant
                },
                ..granted
            },
            redirect_uri: request.target.redirect_uri.clone(),
            redirect_uri_is_implied: request.redirect_uri_is_implied,
            challenge: request.code_challenge,
            nonce: request.nonce,
            dpop_jkt: request.dpop_jkt,
            expires_at: ctx.now + self.settings.oauth.code_ttl,
        })?;
        if let Some(uri) = &request.request_uri {
            self.end_pushed_request(uri).await?;
        }
        self.ports.audit.record(AuditEvent {
            user_id: Some(browser.user.user_id),
            session_id: Some(browser.session.session_id),
            client_id: Some(request.client.client_id),
            ..ctx.event(AuditAction::Authorized, Outcome::Success)
        });
        Ok(AuthorizationResponse {
            target: request.target,
            parameters: vec![("code", text), ("iss", self.settings.issuer.clone())],
        })
    }

    /// Exchanges a code for tokens (RFC 6749 §4.1.3).
    ///
    /// The client is known and the code found to be its own before anything is spent. Of any number of concurrent calls
    /// one gets tokens; the others end what it began (RFC 9700 §4.5).
    pub(super) async fn redeem_code(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        proof: Option<&VerifiedProof>,
        ctx: &RequestContext<'_>,
    ) -> Result<ClientTokens, OAuthError> {
        let text = parameters.required("code")?;
        let unknown = || {
            OAuthError::invalid_grant("The code is not known, has expired, or was issued to another client.")
        };
        let (key, code) = self.open_code(text).ok_or_else(unknown)?;
        if code.granted.client_id != *client.client_id() || !code.granted.grant.is_of(client) {
            return Err(unknown());
        }
        check_binding(&code, parameters, proof.map(VerifiedProof::jkt))?;
        if ctx.now >= code.expires_at {
            let used = self.ports.store.find_transient(key).await?;
            return Err(match used {
                Some(used) => self.code_replayed(&code.granted, &used, ctx).await?,
                None => unknown(),
            });
        }
        let resources = self.resources_in_force(client, &code.granted.grant.resources, parameters)?;
        let binding = self.use_proof(proof, ctx.now).await?;
        let mut beginning = self.beginning(client, &code.granted, &binding, ctx)?;
        let used = UsedCode { session_id: beginning.grant.session.session_id };
        beginning.grant.used = Some(Transient::new(key, &used, code.expires_at + REMEMBERED)?);
        let in_force = InForce::new(client, &beginning.grant.session, None);
        let nonce = code.nonce.as_deref();
        let content = TokenContent { resources: &resources, in_force: &in_force, binding: &binding, nonce };
        match self.begin_grant(client, &beginning, &content, ctx).await? {
            FirstTokens::Issued(tokens) => Ok(tokens),
            FirstTokens::Used(before) => Err(self.code_replayed(&code.granted, &before, ctx).await?),
        }
    }

    /// Ends the session that a code had become: with one code there are two, and one of them is a thief.
    async fn code_replayed(
        &self,
        granted: &Granted,
        used: &Transient,
        ctx: &RequestContext<'_>,
    ) -> Result<OAuthError, OAuthError> {
        let UsedCode { session_id } = used.read()?;
        if let Some(session) = self.ports.store.find_session(granted.user_id, session_id).await? {
            self.end_client_session(&session, ctx).await?;
        }
        // Also where the session has ended in another way before: somebody else had the code.
        self.ports.audit.record(AuditEvent {
            user_id: Some(granted.user_id),
            session_id: Some(session_id),
            client_id: Some(granted.client_id.clone()),
            ..ctx.event(AuditAction::CodeReplayed, Outcome::Failure)
        });
        Ok(OAuthError::invalid_grant(
            "The code was used before; the tokens that were issued for it are ended.",
        ))
    }
}

/// Whether whoever shows a code is who asked for it (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9449 §10).
fn check_binding(code: &Code, parameters: &Parameters, proved_jkt: Option<&str>) -> Result<(), OAuthError> {
    // Asked for only where it was in the authorization request (RFC 6749 §4.1.3).
    let is_bound = match parameters.get("redirect_uri")? {
        Some(uri) => uri == code.redirect_uri,
        None => code.redirect_uri_is_implied,
    };
    if !is_bound {
        return Err(OAuthError::invalid_grant(
            "The redirect_uri is missing, or is not the one of the authorization request.",
        ));
    }
    match (&code.challenge, parameters.get("code_verifier")?) {
        (None, None) => {}
        (Some(challenge), Some(verifier)) => {
            let is_verifier = (43..=128).contains(&verifier.len())
                && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
            let hash = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
            if !is_verifier || !equal(hash.as_bytes(), challenge.as_bytes()) {
                return Err(OAuthError::invalid_grant(
                    "The code_verifier does not belong to the code_challenge.",
                ));
            }
        }
        (Some(_), None) => return Err(OAuthError::invalid_grant("The parameter code_verifier is missing.")),
        // Or an attacker could strip the challenge from a request (RFC 9700 §4.8.2).
        (None, Some(_)) => {
            return Err(OAuthError::invalid_grant(
                "There is a code_verifier, but the authorization request had no code_challenge.",
            ));
        }
    }
    if code.dpop_jkt.is_some() && code.dpop_jkt.as_deref() != proved_jkt {
        return Err(OAuthError::invalid_grant(
            "The code is bound to another key than that of the DPoP proof.",
        ));
    }
    Ok(())
}
