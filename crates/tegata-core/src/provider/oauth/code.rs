//! Authorization codes (RFC 6749 §4.1.2, §4.1.3): issued once, used once, good for one client.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::try_join;
use serde::{Deserialize, Serialize};

use super::authorization_request::AuthorizationRequest;
use super::authorize::AuthorizationResponse;
use super::browser::BrowserSession;
use super::client_authentication::AuthenticatedClient;
use super::client_tokens::{ClientTokens, IdTokenContext};
use super::sealed_code::{Code, Granted};
use super::token_request::AccessBinding;
use crate::audit::{AuditAction, Outcome};
use crate::client::{Client, GrantType};
use crate::grant::{ClientGrant, Grant};
use crate::identifier::SessionId;
use crate::oauth::{OAuthError, Parameters};
use crate::provider::tokens::ACR;
use crate::provider::{Provider, RequestContext};
use crate::refresh_token::RefreshToken;
use crate::scope::Scope;
use crate::secret::{equal, sha256};
use crate::session::Session;
use crate::store::{Begun, BegunOnce, StoreError};
use crate::timestamp::Timestamp;
use crate::transient::{Transient, TransientKey};
use crate::user::{User, UserStatus};

/// How long a used code is remembered beyond its life: whoever is asked to redeem it may have another idea of the time.
const REMEMBERED: Duration = Duration::from_mins(5);

/// That a code was used, and the session that it became.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UsedCode {
    session_id: SessionId,
}

/// What a session of a client is made from.
pub(super) struct Basis<'a> {
    pub(super) granted: &'a Granted,
    /// The code that is used up by it.
    pub(super) code: Option<RedeemedCode>,
}

/// A code that is being redeemed.
pub(super) struct RedeemedCode {
    key: TransientKey,
    until: Timestamp,
}

impl RedeemedCode {
    /// What is kept of it.
    fn used_by(&self, session_id: SessionId) -> Result<Transient, StoreError> {
        Transient::new(self.key, &UsedCode { session_id }, self.until)
    }
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
            challenge: request.code_challenge,
            nonce: request.nonce,
            dpop_jkt: request.dpop_jkt,
            expires_at: ctx.now + self.settings.oauth.code_ttl,
        })?;
        if let Some(uri) = &request.request_uri {
            self.end_pushed_request(uri).await?;
        }
        self.audit(
            ctx,
            AuditAction::Authorized,
            Outcome::Success,
            Some(browser.user.user_id),
            Some(browser.session.session_id),
        );
        Ok(AuthorizationResponse {
            target: request.target,
            parameters: vec![("code", text), ("iss", self.settings.issuer.clone())],
        })
    }

    /// What a user of a browser session grants a client.
    pub(super) fn granted(&self, client: &Client, scope: &Scope, browser: &BrowserSession) -> Granted {
        let user = &browser.user;
        // A right that an operator gives to some users is nobody's else to grant.
        let everyones = self.known_scope();
        let scope = scope.intersection(&everyones.union(&user.granted_scope));
        let offline = scope.contains("offline_access") && client.may_use(GrantType::RefreshToken);
        Granted {
            client_id: client.client_id.clone(),
            user_id: user.user_id,
            credential_version: user.credential.version,
            auth_time: browser.session.auth_time,
            amr: browser.session.amr.clone(),
            scope,
            browser_ends_at: browser.session.expires_at(),
            grant: ClientGrant {
                client_since: client.created_at,
                browser_session: Some(browser.session.session_id),
                offline,
                by_consent: !(client.metadata.skip_consent && client.is_verified()),
                resources: Vec::new(),
                claims: None,
                dpop_jkt: None,
                acr: Some(ACR.to_owned()),
                backchannel: client.metadata.backchannel_logout_uri.is_some(),
            },
        }
    }

    /// Exchanges a code for tokens (RFC 6749 §4.1.3).
    ///
    /// The client is known and the code found to be its own before anything is spent. Of any number of concurrent calls
    /// one gets tokens; the others end what it began (RFC 9700 §4.5).
    pub(super) async fn redeem_code(
        &self,
        client: &AuthenticatedClient,
        parameters: &Parameters,
        binding: &AccessBinding,
        ctx: &RequestContext<'_>,
    ) -> Result<ClientTokens, OAuthError> {
        let text = parameters.required("code")?;
        let unknown = || {
            OAuthError::invalid_grant("The code is not known, has expired, or was issued to another client.")
        };
        let (key, code) = self.open_code(text, ctx.now).ok_or_else(unknown)?;
        if code.granted.client_id != *client.client_id()
            || code.granted.grant.client_since != client.created_at
        {
            return Err(unknown());
        }
        check_binding(&code, parameters, binding)?;
        let resources = self.narrowed_resources(client, &code.granted.grant.resources, parameters)?;
        let id_token = IdTokenContext { nonce: code.nonce.as_deref() };
        let redeemed = RedeemedCode { key, until: code.expires_at + REMEMBERED };
        let basis = Basis { granted: &code.granted, code: Some(redeemed) };
        let begun = self.begin_grant(client, basis, &resources, binding, &id_token, ctx).await;
        begun.map(|(_, tokens)| tokens)
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
            self.audit(
                ctx,
                AuditAction::CodeReplayed,
                Outcome::Failure,
                Some(granted.user_id),
                Some(session_id),
            );
        }
        Ok(OAuthError::invalid_grant(
            "The code was used before; the tokens that were issued for it are ended.",
        ))
    }

    /// Begins the session of a grant and issues its first tokens.
    ///
    /// The session is written first, and then everything it rests on is looked at: whoever ends one of those looks for
    /// sessions afterwards, so one of the two sees the other.
    pub(super) async fn begin_grant(
        &self,
        client: &AuthenticatedClient,
        Basis { granted, code }: Basis<'_>,
        resources: &[String],
        binding: &AccessBinding,
        id_token: &IdTokenContext<'_>,
        ctx: &RequestContext<'_>,
    ) -> Result<(Session, ClientTokens), OAuthError> {
        let ended = || OAuthError::invalid_grant("What the user granted has ended.");
        let store = &self.ports.store;
        let user = store.find_user(granted.user_id).await?;
        let is_same = |user: &User| {
            user.status == UserStatus::Active && user.credential.version == granted.credential_version
        };
        let user = user.filter(is_same).ok_or_else(ended)?;
        let entropy = self.ports.entropy.as_ref();
        let session_id = SessionId::random(entropy)?;
        let token = RefreshToken::first(user.user_id, session_id, Some(client.client_id()), entropy)?;
        let session = self.grant_session(client, granted, &user, &token, binding, ctx);
        // Signed first: a session that nobody holds a token of is of no use to anybody.
        let refresh = client.may_use(GrantType::RefreshToken).then_some(&token);
        let tokens = self.issue_client_tokens(
            client,
            Some(&user),
            &session,
            refresh,
            None,
            resources,
            binding,
            id_token,
            ctx.now,
        )?;
        let version = granted.credential_version;
        let begun = match &code {
            Some(code) => store.begin_session_once(&session, version, &code.used_by(session_id)?).await?,
            None => match store.begin_session(&session, version, None).await? {
                Begun::Now => BegunOnce::Now,
                Begun::Refused => BegunOnce::Refused,
            },
        };
        match begun {
            BegunOnce::Now => {}
            BegunOnce::Refused => return Err(ended()),
            BegunOnce::Used(before) => return Err(self.code_replayed(granted, &before, ctx).await?),
        }
        match self.still_stands(client, granted, ctx).await {
            Ok(true) => {
                let ids = (Some(user.user_id), Some(session_id));
                self.audit(ctx, AuditAction::GrantBegun, Outcome::Success, ids.0, ids.1);
                Ok((session, tokens))
            }
            Ok(false) => {
                store.end_session(user.user_id, session_id).await?;
                Err(ended())
            }
            Err(error) => {
                let is_untouched = store.end_session(user.user_id, session_id).await?;
                // Nobody has its tokens, and nobody has shown the code a second time: it may be shown again.
                if let Some(code) = code.filter(|_| is_untouched) {
                    store.remove_transient(code.key).await?;
                }
                Err(error)
            }
        }
    }

    fn grant_session(
        &self,
        client: &AuthenticatedClient,
        granted: &Granted,
        user: &User,
        token: &RefreshToken,
        binding: &AccessBinding,
        ctx: &RequestContext<'_>,
    ) -> Session {
        let own = self.new_session(user, token.session_id, token.hash(), ctx);
        // A public client's refresh token is bound to its key; a confidential one's is bound to the client already
        // (RFC 9449 §5).
        let dpop_jkt = binding.dpop_jkt.clone().filter(|_| !client.is_confidential());
        let absolute = if granted.grant.offline {
            own.absolute_expires_at
        } else {
            own.absolute_expires_at.min(granted.browser_ends_at)
        };
        Session {
            client_id: client.client_id().to_string(),
            scope: granted.scope.clone(),
            amr: granted.amr.clone(),
            auth_time: granted.auth_time,
            grant: Some(Box::new(Grant::Client(ClientGrant { dpop_jkt, ..granted.grant.clone() }))),
            absolute_expires_at: absolute,
            ..own
        }
    }

    /// Whether consent and browser session are still there.
    async fn still_stands(
        &self,
        client: &AuthenticatedClient,
        granted: &Granted,
        ctx: &RequestContext<'_>,
    ) -> Result<bool, OAuthError> {
        let store = &self.ports.store;
        let is_allowed = async {
            if !granted.grant.by_consent {
                return Ok(true);
            }
            let consent = store.find_consent(granted.user_id, client.client_id()).await?;
            Ok(consent.is_some_and(|consent| {
                granted.scope.is_subset(&consent.terms.scope) && consent.terms.given_at >= client.created_at
            }))
        };
        let is_logged_in = async {
            let parent = granted.grant.browser_session.filter(|_| !granted.grant.offline);
            let Some(parent) = parent else { return Ok(true) };
            let parent = store.find_session(granted.user_id, parent).await?;
            Ok::<_, StoreError>(parent.is_some_and(|parent| parent.is_live(ctx.now)))
        };
        let (is_allowed, is_logged_in) = try_join(is_allowed, is_logged_in).await?;
        Ok(is_allowed && is_logged_in)
    }
}

/// Whether whoever shows a code is who asked for it (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9449 §10).
fn check_binding(code: &Code, parameters: &Parameters, binding: &AccessBinding) -> Result<(), OAuthError> {
    if parameters.get("redirect_uri")? != Some(&code.redirect_uri) {
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
    if code.dpop_jkt.is_some() && code.dpop_jkt != binding.dpop_jkt {
        return Err(OAuthError::invalid_grant(
            "The code is bound to another key than that of the DPoP proof.",
        ));
    }
    Ok(())
}
