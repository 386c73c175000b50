//! Logging out on the word of a client (OpenID Connect RP-Initiated Logout 1.0).
//!
//! Decided without writing anything ([`Provider::plan_logout`]) and then done ([`Provider::log_out`]), with a question to
//! the user between the two unless an ID token shows that the client has a part in the very session that is to end: anyone
//! can send a browser here.

use tegata_jose::VerifiedIdTokenHint;

use super::browser::BrowserSession;
use super::response_target::MAX_OPAQUE;
use crate::client::{Client, ClientId};
use crate::error::ProviderError;
use crate::oauth::{OAuthError, Parameters};
use crate::provider::{Provider, RequestContext};
use crate::session::Session;
use crate::timestamp::Timestamp;

/// A logout that may be done, at once or when the user has said so.
pub struct Logout {
    /// Who asks, if that is known.
    pub client: Option<Client>,
    /// Whether the user has to say so themselves.
    pub ask: bool,
    /// Where the browser goes afterwards, `state` included; to a page of our own if nowhere.
    pub redirect: Option<String>,
    /// The session of the client that the ID token was issued in.
    hinted: Option<Session>,
}

impl Provider {
    /// Reads a logout request (RP-Initiated Logout §2) and decides whether the user has to be asked. Nothing is written.
    ///
    /// `logout_hint` is of no use here: who is logged in is known by the browser.
    ///
    /// # Errors
    /// For a page, and never for a redirect (§4): what is wrong with the hint, or that nobody has registered the address
    /// that the browser would be sent to.
    pub async fn plan_logout(
        &self,
        parameters: &Parameters,
        browser: Option<&BrowserSession>,
        ctx: &RequestContext<'_>,
    ) -> Result<Logout, OAuthError> {
        let hint = parameters.get("id_token_hint")?.map(|text| {
            self.read_id_token_hint(text, ctx.now).ok_or_else(|| {
                OAuthError::invalid_request("The parameter id_token_hint is no ID token of this issuer.")
            })
        });
        let hint = hint.transpose()?;
        let client = self.client_of_logout(parameters, hint.as_ref(), ctx.now).await?;
        let redirect = post_logout_redirect(parameters, client.as_ref())?;
        let hinted = match (&client, &hint) {
            (Some(client), Some(hint)) => self.hinted_session(client, hint).await?,
            _ => None,
        };
        // §2: without an ID token of this session, nobody but the user can know that they want it.
        let ask = browser
            .is_some_and(|browser| !hinted.as_ref().is_some_and(|session| browser.is_parent_of(session)));
        // An address that anybody can have registered is no place to send people to who have not been there (RFC 9700 §4.11).
        let is_known =
            client.as_ref().is_some_and(Client::is_verified) || hint.is_some() || browser.is_some();
        Ok(Logout { client, ask, redirect: redirect.filter(|_| is_known), hinted })
    }

    /// Does it: ends the session of the browser with every grant that hangs on it. The client's own session ends, too,
    /// if it has outlived that of its browser; unless it was granted to go on without (OIDC Core §11).
    ///
    /// # Errors
    /// Those of the store. Repeated, it ends the rest.
    pub async fn log_out(
        &self,
        logout: &Logout,
        browser: Option<&BrowserSession>,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        if let Some(browser) = browser {
            self.end_browser_session(browser, ctx).await?;
        }
        let is_left = |session: &&Session| {
            let is_offline = session.client_grant().is_some_and(|grant| grant.offline);
            // Whoever is at the browser speaks for themselves only.
            let is_theirs = browser.is_none_or(|browser| browser.user.user_id == session.user_id);
            let has_ended = browser.is_some_and(|browser| browser.is_parent_of(session));
            !is_offline && is_theirs && !has_ended
        };
        if let Some(session) = logout.hinted.as_ref().filter(is_left) {
            self.end_client_session(session, ctx).await?;
        }
        Ok(())
    }

    /// The active client that a request names, by an ID token or by name (§2).
    async fn client_of_logout(
        &self,
        parameters: &Parameters,
        hint: Option<&VerifiedIdTokenHint>,
        now: Timestamp,
    ) -> Result<Option<Client>, OAuthError> {
        let audience = hint.map(VerifiedIdTokenHint::audiences).unwrap_or_default();
        let named = parameters.get("client_id")?;
        let name = match (named, audience.first()) {
            (Some(named), Some(_)) if !hint.is_some_and(|hint| hint.is_for(named)) => {
                return Err(OAuthError::invalid_request(
                    "The id_token_hint was issued to another client than the client_id names.",
                ));
            }
            (Some(named), _) => named,
            (None, Some(audience)) => audience,
            (None, None) => return Ok(None),
        };
        match name.parse::<ClientId>() {
            Ok(client_id) => self.find_active_client(&client_id, now).await,
            Err(_) => Ok(None),
        }
    }

    /// The session that an ID token was issued in, if it is still known and is this client's.
    async fn hinted_session(
        &self,
        client: &Client,
        hint: &VerifiedIdTokenHint,
    ) -> Result<Option<Session>, OAuthError> {
        let user_id = self.user_of_subject(client, hint.subject());
        let session_id = hint.session_id().and_then(|sid| sid.parse().ok());
        let (Some(user_id), Some(session_id)) = (user_id, session_id) else { return Ok(None) };
        let session = self.ports.store.find_session(user_id, session_id).await?;
        Ok(session.filter(|session| {
            session.client_id == client.client_id.as_str()
                && session.client_grant().is_some_and(|grant| grant.is_of(client))
        }))
    }
}

/// Where the browser is to be sent (§3): exactly one of the addresses that the client has registered for it.
fn post_logout_redirect(
    parameters: &Parameters,
    client: Option<&Client>,
) -> Result<Option<String>, OAuthError> {
    let Some(uri) = parameters.get("post_logout_redirect_uri")? else { return Ok(None) };
    let Some(client) = client else {
        return Err(OAuthError::invalid_request(
            "With a post_logout_redirect_uri, an id_token_hint or a client_id has to say which active client asks.",
        ));
    };
    if !client.metadata.post_logout_redirect_uris.iter().any(|registered| registered.as_str() == uri) {
        return Err(OAuthError::invalid_request(
            "The post_logout_redirect_uri is not one of those that the client is registered with; it has to be the \
             same, character by character.",
        ));
    }
    let Some(state) = parameters.get("state")? else { return Ok(Some(uri.to_owned())) };
    if state.len() > MAX_OPAQUE {
        return Err(OAuthError::invalid_request("The parameter state is at most 2048 bytes long."));
    }
    let separator = if uri.contains('?') { '&' } else { '?' };
    let state = form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish();
    Ok(Some(format!("{uri}{separator}{state}")))
}
