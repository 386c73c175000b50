//! What of a grant is in force: what was granted, less what its client may not have any more, less what a request leaves out.
//!
//! An operator who takes scope or a resource from a client means the grants that there are, too (V23, V49). They keep what the
//! user has said: what a client is given back, its grants have again.

use std::borrow::Cow;

use super::authorization_request::may_have;
use super::browser::names;
use crate::client::Client;
use crate::grant::ClientGrant;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::provider::Provider;
use crate::scope::Scope;
use crate::session::Session;
use crate::timestamp::Timestamp;

/// The scope of a session that is in force for one answer: tokens that are issued, or what a token is told.
pub(super) struct InForce<'a> {
    scope: Cow<'a, Scope>,
    /// The scope of which claims may be asked for by name; that of the answer where this is less than it could be.
    by_name: Option<&'a Scope>,
}

impl<'a> InForce<'a> {
    /// Of what was granted and the client may have, as much as is `asked` for, or all (RFC 6749 §6).
    pub(super) fn new(client: &'a Client, session: &'a Session, asked: Option<&'a Scope>) -> Self {
        let registered = &client.metadata.scope;
        let granted = both(&session.scope, registered);
        match asked {
            // Whoever asks for less wants to hand a weaker token on: nothing that its scope leaves out comes by name.
            Some(asked) if !granted.is_subset(asked) => Self { scope: both(asked, &granted), by_name: None },
            _ => Self { scope: granted, by_name: Some(registered) },
        }
    }

    /// The scope.
    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether a claim that this scope token gives may be had by its name (OIDC Core §5.5): where the client is registered for
    /// it, and, in an answer for less than there could be, only as a part of that.
    pub(super) fn gives_by_name(&self, scope: &str) -> bool {
        self.by_name.unwrap_or(&self.scope).contains(scope)
    }
}

/// What is in both; copied only where that is less.
fn both<'a>(one: &'a Scope, other: &Scope) -> Cow<'a, Scope> {
    if one.is_subset(other) { Cow::Borrowed(one) } else { Cow::Owned(one.intersection(other)) }
}

impl Provider {
    /// The resources of a token request: of those that were granted and the client may have, all or some (RFC 8707 §2.2).
    ///
    /// # Errors
    /// `invalid_target`, also where nothing is left: that is no way to the default resource.
    pub(super) fn resources_in_force(
        &self,
        client: &Client,
        granted: &[String],
        parameters: &Parameters,
    ) -> Result<Vec<String>, OAuthError> {
        let refused = |description: &'static str| OAuthError::refused(ErrorCode::InvalidTarget, description);
        let asked = self.named_resources(client, parameters)?;
        let default = std::slice::from_ref(&self.settings.tokens.audience);
        let granted = if granted.is_empty() { default } else { granted };
        if !asked.iter().all(|one| granted.contains(one)) {
            return Err(refused("The user has granted nothing for this resource."));
        }
        if !asked.is_empty() {
            return Ok(asked);
        }
        let left: Vec<String> = granted.iter().filter(|one| may_have(client, one)).cloned().collect();
        if left.is_empty() {
            return Err(refused("The client may not ask for tokens for what was granted any more."));
        }
        Ok(left)
    }

    /// Whether a grant goes on without the login that it hangs on, though its client may not have `offline_access` any more
    /// (V23). Only where that was taken from the client is anything looked up.
    pub(super) async fn has_outlived_its_login(
        &self,
        client: &Client,
        session: &Session,
        grant: &ClientGrant,
        now: Timestamp,
    ) -> Result<bool, OAuthError> {
        let (true, Some(login)) = (grant.offline, grant.browser_session) else { return Ok(false) };
        if client.metadata.scope.contains("offline_access") {
            return Ok(false);
        }
        let sessions = self.ports.store.list_sessions(session.user_id).await?;
        Ok(!sessions.iter().any(|session| session.is_live(now) && names(session).contains(&login)))
    }
}
