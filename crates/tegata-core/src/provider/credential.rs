//! Verifying a password: counted first, at one cost for everybody.

use super::{AuthenticatedUser, Provider, RequestContext, wait_until};
use crate::attempt::{Attempt, AttemptKey};
use crate::audit::{AuditAction, Outcome};
use crate::error::ProviderError;
use crate::password::{HashPlace, Password, Verification};
use crate::user::User;

impl Provider {
    /// Verifies a password for a user, or for nobody, and counts the attempt before it is known how it ends.
    ///
    /// The outcome is in [`Verification::matches`]; `account` is the counter that a success has to forget.
    ///
    /// # Errors
    /// [`ProviderError::TooManyAttempts`] without looking at the password, and those of hashing and the store.
    pub(super) async fn try_password(
        &self,
        place: &mut dyn HashPlace,
        user: Option<&User>,
        account: AttemptKey,
        password: Password,
        action: AuditAction,
        ctx: &RequestContext<'_>,
    ) -> Result<Verification, ProviderError> {
        let key_ring = self.key_ring();
        let address =
            ctx.address.and_then(|address| AttemptKey::address(&key_ring.secrets, "login", address));
        let throttle = &self.settings.throttle;
        let attempt = Attempt {
            account,
            account_schedule: throttle.account,
            address,
            address_schedule: throttle.address,
            now: ctx.now,
        };
        let user_id = user.map(|user| user.user_id);
        if let Err(blocked) = self.ports.store.begin_attempt(&attempt).await? {
            self.audit(ctx, action, Outcome::Throttled, user_id, None);
            return Err(ProviderError::TooManyAttempts { retry_after: wait_until(blocked.until, ctx.now) });
        }
        let hash = user.map(|user| user.credential.password_hash.clone());
        let verification = place.verify(password, hash).await?;
        if !verification.matches {
            if let Some(address) = address {
                self.ports.store.count_failure(address, &throttle.address, ctx.now).await?;
            }
            self.audit(ctx, action, Outcome::Failure, user_id, None);
        }
        Ok(verification)
    }

    /// Asks for the password again, before something sensitive (ASVS 7.5.1).
    ///
    /// # Errors
    /// [`ProviderError::PasswordMismatch`] for a wrong one, and those of [`Provider::try_password`].
    pub(super) async fn confirm_password(
        &self,
        place: &mut dyn HashPlace,
        caller: &AuthenticatedUser,
        field: &'static str,
        password: &str,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        let password = Password::parse(password).map_err(|error| ProviderError::field(field, error))?;
        let user = &caller.user;
        // Of this session: a stranger who fails to log in must not keep the owner from changing the password.
        let account = AttemptKey::session(&self.key_ring().secrets, user.user_id, caller.session.session_id);
        let action = AuditAction::Reauthentication;
        let verification = self.try_password(place, Some(user), account, password, action, ctx).await?;
        if !verification.matches {
            return Err(ProviderError::PasswordMismatch);
        }
        self.ports.store.forget_attempts(account).await?;
        Ok(())
    }
}
