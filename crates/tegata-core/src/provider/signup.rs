//! Making an account.

use super::{Provider, RequestContext};
use crate::attributes::Attributes;
use crate::audit::{AuditAction, Outcome};
use crate::error::ProviderError;
use crate::identifier::UserId;
use crate::password::{Password, check_new_password};
use crate::scope::Scope;
use crate::store::Created;
use crate::user::{Credential, EmailAddress, InvalidField, User, UserEmail, UserStatus, Username};

/// A request to make an account, as it was typed.
#[derive(Clone, Copy)]
pub struct SignUp<'a> {
    /// The user name.
    pub username: &'a str,
    /// The e-mail address; a note on the account until its owner has proved it.
    pub email: Option<&'a str>,
    /// The password.
    pub password: &'a str,
}

impl Provider {
    /// Makes an account. It does not log in.
    ///
    /// # Errors
    /// [`ProviderError::InvalidFields`] with every bad field, [`ProviderError::UsernameTaken`], and those of hashing, the
    /// brakes and the store.
    pub async fn sign_up(
        &self,
        request: SignUp<'_>,
        ctx: &RequestContext<'_>,
    ) -> Result<User, ProviderError> {
        if self.settings.signup_enabled {
            self.create_user(request, ctx).await
        } else {
            Err(ProviderError::SignupDisabled)
        }
    }

    /// Makes an account for somebody, also where sign-up is closed.
    ///
    /// # Errors
    /// As [`Provider::sign_up`].
    pub async fn create_user(
        &self,
        request: SignUp<'_>,
        ctx: &RequestContext<'_>,
    ) -> Result<User, ProviderError> {
        let (username, email, password) = self.check_sign_up(request)?;
        let mut place = self.ports.hasher.admit()?;
        self.count_address("sign-up", &self.settings.throttle.signup, ctx).await?;
        let password_hash = place.hash(password).await?;
        drop(place);
        let user = User {
            user_id: UserId::random(self.ports.entropy.as_ref())?,
            username,
            email: email.map(|address| UserEmail { address, verified: false }),
            name: None,
            locale: None,
            attributes: Attributes::default(),
            granted_scope: Scope::default(),
            status: UserStatus::Active,
            created_at: ctx.now,
            credential: Credential { password_hash, version: 1, changed_at: ctx.now },
        };
        match self.ports.store.create_user(&user).await? {
            Created::UsernameTaken => Err(ProviderError::UsernameTaken),
            Created::Now => {
                self.audit(ctx, AuditAction::SignUp, Outcome::Success, Some(user.user_id), None);
                Ok(user)
            }
        }
    }

    /// Reads the fields; all that are bad are named at once.
    fn check_sign_up(
        &self,
        request: SignUp<'_>,
    ) -> Result<(Username, Option<EmailAddress>, Password), ProviderError> {
        let username = request.username.parse::<Username>();
        let email = request.email.map(str::parse::<EmailAddress>).transpose();
        let password = Password::parse(request.password).and_then(|password| {
            let email = email.as_ref().ok().and_then(Option::as_ref);
            self.check_password(&password, username.as_ref().ok(), email).map(|()| password)
        });
        match (username, email, password) {
            (Ok(username), Ok(email), Ok(password)) => Ok((username, email, password)),
            (username, email, password) => Err(ProviderError::fields([
                ("username", username.err()),
                ("email", email.err()),
                ("password", password.err()),
            ])),
        }
    }

    /// Checks a new password against the policy.
    pub(super) fn check_password(
        &self,
        password: &Password,
        username: Option<&Username>,
        email: Option<&EmailAddress>,
    ) -> Result<(), InvalidField> {
        let min_length = self.settings.password_min_length;
        let blocklist = self.ports.blocklist.as_ref();
        check_new_password(password, min_length, username, email, &self.settings.service_name, blocklist)
    }
}
