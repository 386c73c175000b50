//! How the session of a client begins: what it is made from, what it rests on, and its first tokens.

use super::authorization_request::terms;
use super::browser::{BrowserSession, continues};
use super::client_authentication::AuthenticatedClient;
use super::client_tokens::{ClientTokens, TokenContent};
use super::sealed_code::Granted;
use super::subject::sector;
use super::token_request::AccessBinding;
use crate::audit::{AuditAction, AuditEvent, Outcome};
use crate::client::{Client, GrantType};
use crate::footing::{Footing, NeededConsent};
use crate::grant::{ClientGrant, Grant};
use crate::identifier::SessionId;
use crate::oauth::{ClaimsRequest, OAuthError};
use crate::provider::tokens::ACR;
use crate::provider::{Provider, RequestContext};
use crate::refresh_token::RefreshToken;
use crate::scope::Scope;
use crate::session::Session;
use crate::store::{GrantBegun, NewGrant, StoreError};
use crate::transient::Transient;

/// A session of a client that is to begin.
pub(super) struct Beginning {
    pub(super) grant: NewGrant,
    /// The first of its refresh tokens.
    token: RefreshToken,
}

/// What comes of it.
pub(super) enum FirstTokens {
    /// It has begun.
    Issued(ClientTokens),
    /// What it is made from was used before; what was noted then.
    Used(Transient),
}

impl Provider {
    /// What a user of a browser session grants a client.
    pub(super) fn granted(&self, client: &Client, scope: &Scope, browser: &BrowserSession) -> Granted {
        let user = &browser.user;
        // A right that an operator gives to some users is nobody's else to grant.
        let everyones = self.known_scope();
        let scope = scope.filtered(|token| everyones.contains(token) || user.granted_scope.contains(token));
        let offline = scope.contains("offline_access") && client.may_use(GrantType::RefreshToken);
        Granted {
            client_id: client.client_id.clone(),
            user_id: user.user_id,
            username: user.username.clone(),
            credential_version: user.credential.version,
            auth_time: browser.session.auth_time,
            amr: browser.session.amr.clone(),
            scope,
            browser_ends_at: browser.session.expires_at(),
            grant: ClientGrant {
                client_since: client.created_at,
                sector: sector(client).map(ToOwned::to_owned),
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

    /// The session that is made from a grant, before anything is written.
    pub(super) fn beginning(
        &self,
        client: &AuthenticatedClient,
        granted: &Granted,
        binding: &AccessBinding,
        ctx: &RequestContext<'_>,
    ) -> Result<Beginning, OAuthError> {
        let entropy = self.ports.entropy.as_ref();
        let session_id = SessionId::random(entropy)?;
        let token = RefreshToken::first(granted.user_id, session_id, Some(client.client_id()), entropy)?;
        // A public client's refresh token is bound to its key; a confidential one's is bound to the client already
        // (RFC 9449 §5).
        let dpop_jkt = binding.dpop_jkt.clone().filter(|_| !client.is_confidential());
        let (username, scope) = (granted.username.clone(), granted.scope.clone());
        let own = self.session_of(granted.user_id, username, scope, session_id, token.hash(), ctx);
        let absolute = if granted.grant.offline {
            own.absolute_expires_at
        } else {
            own.absolute_expires_at.min(granted.browser_ends_at)
        };
        let session = Session {
            client_id: client.client_id().to_string(),
            amr: granted.amr.clone(),
            auth_time: granted.auth_time,
            grant: Some(Box::new(Grant::Client(ClientGrant { dpop_jkt, ..granted.grant.clone() }))),
            absolute_expires_at: absolute,
            ..own
        };
        let (credential_version, footing) = (granted.credential_version, footing(client, granted, ctx));
        Ok(Beginning { grant: NewGrant { session, credential_version, footing, used: None }, token })
    }

    /// Begins a session and issues its first tokens.
    pub(super) async fn begin_grant(
        &self,
        client: &AuthenticatedClient,
        Beginning { grant, token }: &Beginning,
        content: &TokenContent<'_>,
        ctx: &RequestContext<'_>,
    ) -> Result<FirstTokens, OAuthError> {
        let ended = || OAuthError::invalid_grant("What the user granted has ended.");
        let session = &grant.session;
        // The step below looks at the user again.
        let user = self.user_of_id_token(session, content.in_force, ended).await?;
        // Signed first: a session that nobody holds a token of is of no use to anybody.
        let refresh = client.may_use(GrantType::RefreshToken).then_some(token);
        let tokens = self.issue_client_tokens(client, user.as_ref(), session, refresh, content, ctx.now)?;
        match self.begin_on_footing(grant).await? {
            GrantBegun::Now => {
                self.ports.audit.record(AuditEvent {
                    user_id: Some(session.user_id),
                    session_id: Some(session.session_id),
                    client_id: Some(client.client_id().clone()),
                    ..ctx.event(AuditAction::GrantBegun, Outcome::Success)
                });
                Ok(FirstTokens::Issued(tokens))
            }
            GrantBegun::Refused => Err(ended()),
            GrantBegun::Used(before) => Ok(FirstTokens::Used(before)),
        }
    }

    /// Begins a session on the browser session that it is to hang on, or on the one that has taken the place of that since: who
    /// proves once more who they are is not logged out of what is under way (ADR 20). The step itself asks whether it is alive,
    /// and whoever ends it looks for what hangs on it by all of its names.
    async fn begin_on_footing(&self, grant: &NewGrant) -> Result<GrantBegun, StoreError> {
        let store = &self.ports.store;
        let begun = store.begin_grant(grant).await?;
        let (GrantBegun::Refused, Some(named)) = (&begun, grant.footing.browser_session) else {
            return Ok(begun);
        };
        let sessions = store.list_sessions(grant.session.user_id).await?;
        let Some(heir) = sessions.iter().find(|session| continues(session, named)) else { return Ok(begun) };
        let footing = Footing { browser_session: Some(heir.session_id), ..grant.footing.clone() };
        store.begin_grant(&NewGrant { footing, ..grant.clone() }).await
    }
}

/// What the session of a grant rests on.
fn footing(client: &Client, granted: &Granted, ctx: &RequestContext<'_>) -> Footing {
    let grant = &granted.grant;
    let claims = || grant.claims.as_ref().and_then(ClaimsRequest::read).unwrap_or_default();
    Footing {
        consent: grant.by_consent.then(|| NeededConsent {
            client_id: client.client_id.clone(),
            client_since: client.created_at,
            terms: terms(&granted.scope, &grant.resources, &claims(), ctx.now),
        }),
        browser_session: grant.browser_session.filter(|_| !grant.offline),
        now: ctx.now,
    }
}
