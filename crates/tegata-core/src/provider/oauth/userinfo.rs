//! The user info (OIDC Core §5.3).

use serde_json::{Map, Value, json};
use tegata_jose::VerifiedAccessToken;

use super::in_force::InForce;
use crate::claims::ClaimTarget;
use crate::client::{Client, ClientId};
use crate::oauth::{ErrorCode, OAuthError};
use crate::provider::Provider;
use crate::scope::Scope;
use crate::session::Session;
use crate::timestamp::Timestamp;
use crate::user::{User, UserStatus};

/// What a client hears of the user of an access token.
pub struct UserInfo(pub Map<String, Value>);

/// The grant that an access token belongs to, as it stands now.
pub(super) struct LiveGrant {
    pub(super) client: Client,
    pub(super) user: User,
    pub(super) session: Session,
}

impl Provider {
    /// The user info for an access token of a client: what its scope gives, as far as the client may still have that
    /// (OIDC Core §5.4).
    ///
    /// # Errors
    /// `invalid_token` when what it speaks of has ended; `insufficient_scope` without `openid`.
    pub async fn user_info(
        &self,
        token: &VerifiedAccessToken,
        now: Timestamp,
    ) -> Result<UserInfo, OAuthError> {
        let insufficient = || {
            OAuthError::refused(
                ErrorCode::InsufficientScope,
                "The access token was not issued for OpenID Connect: it lacks the scope openid.",
            )
        };
        if !token.has_scope("openid") {
            return Err(insufficient());
        }
        let grant = self.live_grant(token, now).await?.ok_or_else(|| {
            OAuthError::refused(
                ErrorCode::InvalidToken,
                "The access token is not valid, or its session has ended.",
            )
        })?;
        // What we have signed can be read: a scope of ours.
        let scope: Scope = token.scope().parse().unwrap_or_default();
        let in_force = InForce::new(&grant.client, &grant.session, Some(&scope));
        if !in_force.scope().contains("openid") {
            return Err(insufficient());
        }
        let mut claims = self.claims_of(&grant.user, &grant.session, &in_force, ClaimTarget::UserInfo);
        claims.insert("sub".to_owned(), json!(token.subject()));
        Ok(UserInfo(claims))
    }

    /// The grant of an access token, if its client, its user and its session are all there now.
    pub(super) async fn live_grant(
        &self,
        token: &VerifiedAccessToken,
        now: Timestamp,
    ) -> Result<Option<LiveGrant>, OAuthError> {
        let Ok(client_id) = token.client_id().parse::<ClientId>() else { return Ok(None) };
        let Some(client) = self.find_active_client(&client_id, now).await? else { return Ok(None) };
        let session_id = token.session_id().and_then(|sid| sid.parse().ok());
        let user_id = self.user_of_subject(&client, token.subject());
        let (Some(user_id), Some(session_id)) = (user_id, session_id) else { return Ok(None) };
        let session = self.ports.store.find_session(user_id, session_id).await?;
        let is_its_own = |session: &Session| {
            session.is_live(now)
                && session.client_id == client.client_id.as_str()
                && session.client_grant().is_some_and(|grant| grant.is_of(&client))
        };
        let Some(session) = session.filter(is_its_own) else { return Ok(None) };
        if let Some(grant) = session.client_grant()
            && self.has_outlived_its_login(&client, &session, grant, now).await?
        {
            return Ok(None);
        }
        let user = self.ports.store.find_user(user_id).await?;
        let user = user.filter(|user| user.status == UserStatus::Active);
        Ok(user.map(|user| LiveGrant { client, user, session }))
    }
}
