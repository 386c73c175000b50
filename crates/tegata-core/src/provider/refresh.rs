//! Refreshing, the heart of the product: one conditional write, no read, safe for two tabs and lost answers.

use super::{Provider, RequestContext, TokenSet};
use crate::audit::{AuditAction, Outcome};
use crate::client::ClientId;
use crate::error::ProviderError;
use crate::refresh_token::RefreshToken;
use crate::session::{Rotation, Session};
use crate::store::Rotated;
use crate::timestamp::Timestamp;

/// What a refused rotation means, by the record that refused it.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    /// The presented token was exchanged a moment ago and its successor is unused: a lost answer, or a second tab. It
    /// gets the same successor again.
    Repeated,
    /// The session has ended or expired.
    Ended,
    /// The token is newer than the record: the store was set back to an older state. Nobody stole anything.
    StoreBehind,
    /// A token that was exchanged before is shown again: one of two holders is not the client (RFC 9700 §4.14.2).
    Replayed,
}

impl Provider {
    /// Reads a refresh token of our own application; costs no store access.
    ///
    /// # Errors
    /// [`ProviderError::InvalidGrant`] for everything that we did not issue to it.
    pub fn parse_refresh_token(&self, text: &str) -> Result<RefreshToken, ProviderError> {
        self.parse_refresh_token_of(None, text)
    }

    /// Reads a refresh token of a client, or of our own application.
    ///
    /// # Errors
    /// [`ProviderError::InvalidGrant`] for everything that we did not issue to this client.
    pub(super) fn parse_refresh_token_of(
        &self,
        client: Option<&ClientId>,
        text: &str,
    ) -> Result<RefreshToken, ProviderError> {
        RefreshToken::parse(text, &self.settings.tenant, &self.key_ring().secrets)
            .ok()
            .filter(|token| token.is_of(client))
            .ok_or(ProviderError::InvalidGrant)
    }

    /// Exchanges a refresh token for the next tokens (RFC 6749 §6, RFC 9700 §4.14.2).
    ///
    /// Any number of concurrent calls with one token give answers with one and the same live successor.
    ///
    /// # Errors
    /// [`ProviderError::InvalidGrant`] when the session has ended; [`ProviderError::RefreshTokenReplayed`] when a spent
    /// token is shown again, which ends it;
    /// [`ProviderError::Store`] when the store cannot answer, which says nothing about the token.
    pub async fn refresh(
        &self,
        presented: &RefreshToken,
        ctx: &RequestContext<'_>,
    ) -> Result<TokenSet, ProviderError> {
        let (session, successor) = self.rotate(presented, ctx).await?;
        self.issue(&self.key_ring(), session, &successor, ctx.now)
    }

    /// Rotates: the session as it stands then, and the refresh token that is to be presented next.
    ///
    /// # Errors
    /// As [`Provider::refresh`].
    pub(super) async fn rotate(
        &self,
        presented: &RefreshToken,
        ctx: &RequestContext<'_>,
    ) -> Result<(Session, RefreshToken), ProviderError> {
        let successor = presented.successor(&self.key_ring().secrets).ok_or(ProviderError::InvalidGrant)?;
        Ok((self.succeed(presented, &successor, ctx).await?, successor))
    }

    /// The session of a refresh token that is to be presented again: the token follows itself, and what was exchanged before is
    /// a replay as ever.
    ///
    /// # Errors
    /// As [`Provider::refresh`].
    pub(super) async fn keep(
        &self,
        presented: &RefreshToken,
        ctx: &RequestContext<'_>,
    ) -> Result<Session, ProviderError> {
        self.succeed(presented, presented, ctx).await
    }

    async fn succeed(
        &self,
        presented: &RefreshToken,
        successor: &RefreshToken,
        ctx: &RequestContext<'_>,
    ) -> Result<Session, ProviderError> {
        let rotation = Rotation {
            user_id: presented.user_id,
            session_id: presented.session_id,
            presented: presented.hash(),
            successor: successor.hash(),
            idle_ttl: self.settings.sessions.idle_ttl,
            now: ctx.now,
        };
        let refused = match self.ports.store.rotate_session(&rotation).await? {
            Rotated::Now(session) => return Ok(session),
            Rotated::Refused(None) => return Err(ProviderError::InvalidGrant),
            Rotated::Refused(Some(session)) => session,
        };
        match self.judge(&refused, presented, ctx.now) {
            Refusal::Repeated => return Ok(refused),
            Refusal::Ended => {}
            Refusal::StoreBehind => {
                self.audit_session(&refused, AuditAction::StoreBehindToken, Outcome::Failure, ctx);
            }
            Refusal::Replayed => {
                self.end_replayed(&refused, ctx).await?;
                return Err(ProviderError::RefreshTokenReplayed);
            }
        }
        Err(ProviderError::InvalidGrant)
    }

    fn judge(&self, session: &Session, presented: &RefreshToken, now: Timestamp) -> Refusal {
        if !session.is_live(now) {
            Refusal::Ended
        } else if presented.generation > session.generation {
            Refusal::StoreBehind
        } else if session.previous_hash == Some(presented.hash())
            && now.since(session.rotated_at) <= self.settings.sessions.refresh_grace
        {
            Refusal::Repeated
        } else {
            Refusal::Replayed
        }
    }

    async fn end_replayed(&self, session: &Session, ctx: &RequestContext<'_>) -> Result<(), ProviderError> {
        // One of two holders is not the client, so the other one hears of it if it wants to.
        self.put_logout_notice(session, ctx).await?;
        // Only the session whose token was replayed: a thief must not be able to end the others.
        if self.ports.store.end_session(session.user_id, session.session_id).await? {
            let action =
                AuditAction::RefreshTokenReplayed { rotated_at: session.rotated_at, replayed_at: ctx.now };
            self.audit_session(session, action, Outcome::Failure, ctx);
        }
        Ok(())
    }

    /// Ends the session of a refresh token. Repeating it changes nothing.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn logout(&self, token: &RefreshToken, ctx: &RequestContext<'_>) -> Result<(), ProviderError> {
        if self.ports.store.end_session(token.user_id, token.session_id).await? {
            self.audit(
                ctx,
                AuditAction::Logout,
                Outcome::Success,
                Some(token.user_id),
                Some(token.session_id),
            );
        }
        Ok(())
    }
}
