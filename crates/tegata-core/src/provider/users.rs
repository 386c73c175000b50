//! What an operator does with users: over the API by scope, and on the command line.

use tegata_jose::VerifiedAccessToken;

use super::{Provider, RequestContext};
use crate::attempt::AttemptKey;
use crate::audit::{AuditAction, Outcome};
use crate::error::ProviderError;
use crate::identifier::UserId;
use crate::password::Password;
use crate::scope::Scope;
use crate::store::{CredentialChange, EmailVerified};
use crate::user::{LoginName, User, UserStatus};

/// The scope that lists users.
const USERS_READ: &str = "users:read";

/// A page of users.
pub struct UserPage {
    /// The users, in the order of their ids.
    pub users: Vec<User>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<UserId>,
}

impl Provider {
    /// Lists users, after `cursor`, at most `limit`.
    ///
    /// # Errors
    /// [`ProviderError::InsufficientScope`] without `users:read`.
    pub async fn list_users(
        &self,
        token: &VerifiedAccessToken,
        cursor: Option<UserId>,
        limit: usize,
    ) -> Result<UserPage, ProviderError> {
        if !token.has_scope(USERS_READ) {
            return Err(ProviderError::InsufficientScope { scope: USERS_READ });
        }
        let mut users = self.ports.store.list_users(cursor, limit.saturating_add(1)).await?;
        let has_more = users.len() > limit;
        users.truncate(limit);
        let next_cursor = users.last().filter(|_| has_more).map(|user| user.user_id);
        Ok(UserPage { users, next_cursor })
    }

    /// The user with this name, for an operator.
    ///
    /// # Errors
    /// [`ProviderError::NotFound`].
    pub async fn find_user(&self, name: &str) -> Result<User, ProviderError> {
        let name: LoginName = name.parse().map_err(|_| ProviderError::NotFound)?;
        self.ports.store.find_user_by_login_name(&name).await?.ok_or(ProviderError::NotFound)
    }

    /// Sets the password of a user and ends all their sessions.
    ///
    /// # Errors
    /// [`ProviderError::InvalidFields`] for one that the policy refuses.
    pub async fn set_password(
        &self,
        user: &User,
        password: &str,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        let invalid = |error| ProviderError::field("password", error);
        let password = Password::parse(password).map_err(invalid)?;
        let email = user.email.as_ref().map(|email| &email.address);
        self.check_password(&password, Some(&user.username), email).map_err(invalid)?;
        let hash = self.ports.hasher.admit()?.hash(password).await?;
        let version = user.credential.version;
        self.put_logout_notices(user.user_id, None, ctx).await?;
        match self.ports.store.change_password(user.user_id, version, &hash, None, ctx.now).await? {
            CredentialChange::Stale => Err(ProviderError::NotFound),
            CredentialChange::Now => {
                self.ports
                    .store
                    .forget_attempts(AttemptKey::user(&self.key_ring().secrets, user.user_id))
                    .await?;
                self.audit_operator(user, ctx);
                Ok(())
            }
        }
    }

    /// Opens or closes an account; closing ends all its sessions.
    ///
    /// # Errors
    /// [`ProviderError::NotFound`] when it is gone.
    pub async fn set_status(
        &self,
        user: &User,
        status: UserStatus,
        ctx: &RequestContext<'_>,
    ) -> Result<User, ProviderError> {
        if status == UserStatus::Disabled {
            self.put_logout_notices(user.user_id, None, ctx).await?;
        }
        let changed =
            self.ports.store.set_user_status(user.user_id, status).await?.ok_or(ProviderError::NotFound)?;
        self.audit_operator(user, ctx);
        Ok(changed)
    }

    /// Replaces what a user was granted beyond the scope that everyone has. What is added shows at their next login; when
    /// something is taken away, all their sessions end.
    ///
    /// # Errors
    /// [`ProviderError::NotFound`] when the account is gone.
    pub async fn set_granted_scope(
        &self,
        user: &User,
        scope: &Scope,
        ctx: &RequestContext<'_>,
    ) -> Result<User, ProviderError> {
        let before = self.ports.store.find_user(user.user_id).await?.ok_or(ProviderError::NotFound)?;
        if !before.granted_scope.is_subset(scope) {
            self.put_logout_notices(user.user_id, None, ctx).await?;
        }
        let changed =
            self.ports.store.set_granted_scope(user.user_id, scope).await?.ok_or(ProviderError::NotFound)?;
        self.audit_operator(user, ctx);
        Ok(changed)
    }

    /// Says, as an operator, that the e-mail address on the account is its owner's.
    ///
    /// # Errors
    /// [`ProviderError::NotFound`] when there is no address, [`ProviderError::UsernameTaken`] when another user has proved it.
    pub async fn verify_email(&self, user: &User, ctx: &RequestContext<'_>) -> Result<(), ProviderError> {
        let email = user.email.as_ref().ok_or(ProviderError::NotFound)?;
        match self.ports.store.verify_email(user.user_id, email.address.canonical()).await? {
            EmailVerified::Stale => Err(ProviderError::NotFound),
            EmailVerified::Taken => Err(ProviderError::UsernameTaken),
            EmailVerified::Now => {
                self.audit_operator(user, ctx);
                Ok(())
            }
        }
    }

    /// Lets a user try again who has failed too often.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn unlock(&self, user: &User, ctx: &RequestContext<'_>) -> Result<(), ProviderError> {
        self.ports.store.forget_attempts(AttemptKey::user(&self.key_ring().secrets, user.user_id)).await?;
        self.audit_operator(user, ctx);
        Ok(())
    }

    /// Deletes an account with everything that hangs on it.
    ///
    /// # Errors
    /// [`ProviderError::NotFound`] when it is gone.
    pub async fn delete_user(&self, user: &User, ctx: &RequestContext<'_>) -> Result<(), ProviderError> {
        self.put_logout_notices(user.user_id, None, ctx).await?;
        self.ports.store.delete_user(user.user_id).await?.ok_or(ProviderError::NotFound)?;
        self.audit_operator(user, ctx);
        Ok(())
    }

    pub(super) fn audit_operator(&self, user: &User, ctx: &RequestContext<'_>) {
        self.audit(ctx, AuditAction::OperatorChange, Outcome::Success, Some(user.user_id), None);
    }
}
