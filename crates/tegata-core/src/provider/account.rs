//! What a user does with their own account, by the right of an access token.

use futures_util::future::try_join;
use tegata_jose::VerifiedAccessToken;

use super::{Provider, RequestContext};
use crate::attributes::{Address, AddressMember, AttributesChange, TextClaim};
use crate::audit::{AuditAction, Outcome};
use crate::error::{FieldError, ProviderError};
use crate::identifier::{SessionId, UserId};
use crate::password::Password;
use crate::session::Session;
use crate::store::{CredentialChange, ProfileChanged};
use crate::timestamp::Timestamp;
use crate::user::{EmailAddress, InvalidField, ProfileChange, User, UserStatus, display_name, language_tag};

/// A user whose session is alive *now*. It can only come from [`Provider::authenticate`].
///
/// An access token alone lives on for minutes after its session has ended; that is good enough for an API, not for
/// changing an account.
pub struct AuthenticatedUser {
    /// The account.
    pub user: User,
    /// The session that the access token belongs to.
    pub session: Session,
}

/// A change of one's own profile, as it was typed; `None` leaves a field as it is.
#[derive(Clone, Copy, Default)]
pub struct ProfileUpdate<'a> {
    /// The name to show, or its removal.
    pub name: Option<Option<&'a str>>,
    /// The preferred language, or its removal.
    pub locale: Option<Option<&'a str>>,
    /// The e-mail address, or its removal; asks for the password.
    pub email: Option<Option<&'a str>>,
    /// Further claims, or their removal.
    pub claims: &'a [(TextClaim, Option<&'a str>)],
    /// The members of the postal address, which replace it as a whole, or its removal.
    pub address: Option<Option<&'a [(AddressMember, &'a str)]>>,
    /// The password, for the e-mail address.
    pub current_password: Option<&'a str>,
}

/// What is needed to change an account. No client is ever granted it.
const ACCOUNT_SCOPE: &str = "tegata:account";

impl Provider {
    /// The user of an access token of our own application, if their session is still alive.
    ///
    /// # Errors
    /// [`ProviderError::InvalidToken`] when the session or the account is gone; [`ProviderError::InsufficientScope`] for a
    /// client's token: an account is its owner's alone to change, whatever they have allowed whom.
    pub async fn authenticate(
        &self,
        token: &VerifiedAccessToken,
        now: Timestamp,
    ) -> Result<AuthenticatedUser, ProviderError> {
        if token.client_id() != self.settings.tokens.client_id {
            return Err(ProviderError::InsufficientScope { scope: ACCOUNT_SCOPE });
        }
        let user_id: UserId = token.subject().parse().map_err(|_| ProviderError::InvalidToken)?;
        let session_id =
            token.session_id().and_then(|sid| sid.parse().ok()).ok_or(ProviderError::InvalidToken)?;
        let store = &self.ports.store;
        let found = try_join(store.find_session(user_id, session_id), store.find_user(user_id));
        let (session, user) = found.await?;
        let is_own = |session: &Session| session.is_live(now) && session.grant.is_none();
        let session = session.filter(is_own).ok_or(ProviderError::InvalidToken)?;
        let user =
            user.filter(|user| user.status == UserStatus::Active).ok_or(ProviderError::InvalidToken)?;
        Ok(AuthenticatedUser { user, session })
    }

    /// Changes the profile, and gives the account after it.
    ///
    /// # Errors
    /// [`ProviderError::InvalidFields`], and [`ProviderError::PasswordMismatch`] for a new e-mail address without the
    /// password.
    pub async fn update_profile(
        &self,
        caller: &AuthenticatedUser,
        update: ProfileUpdate<'_>,
        ctx: &RequestContext<'_>,
    ) -> Result<User, ProviderError> {
        let mut change = check_profile(update)?;
        // What changes nothing is no change.
        change.changed_at = (change != ProfileChange::default()).then_some(ctx.now);
        if change.email.is_some() {
            let field = "current_password";
            let password =
                update.current_password.ok_or(ProviderError::field(field, InvalidField::Required))?;
            let mut place = self.ports.hasher.admit()?;
            self.confirm_password(place.as_mut(), caller, field, password, ctx).await?;
        }
        let user = match self.ports.store.change_profile(caller.user.user_id, &change).await? {
            ProfileChanged::Now(user) => *user,
            ProfileChanged::Gone => return Err(ProviderError::InvalidToken),
            // What an owner sets is bounded by itself, so no owner gets here.
            ProfileChanged::TooLarge => return Err(ProviderError::field("address", InvalidField::TooLong)),
        };
        let action =
            if change.email.is_some() { AuditAction::EmailChanged } else { AuditAction::ProfileChanged };
        self.audit_caller(caller, action, ctx);
        Ok(user)
    }

    /// Changes the password, and ends all other sessions in the same step.
    ///
    /// # Errors
    /// [`ProviderError::PasswordMismatch`], and [`ProviderError::InvalidFields`] for a new one that the policy refuses.
    pub async fn change_password(
        &self,
        caller: &AuthenticatedUser,
        current_password: &str,
        new_password: &str,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        let user = &caller.user;
        let invalid = |error| ProviderError::field("new_password", error);
        let new = Password::parse(new_password).map_err(invalid)?;
        self.check_password(&new, Some(&user.username), user.email.as_ref().map(|email| &email.address))
            .map_err(invalid)?;
        let mut place = self.ports.hasher.admit()?;
        self.confirm_password(place.as_mut(), caller, "current_password", current_password, ctx).await?;
        let hash = place.hash(new).await?;
        drop(place);
        let (version, keep) = (user.credential.version, Some(caller.session.session_id));
        self.put_logout_notices(user.user_id, keep, ctx).await?;
        match self.ports.store.change_password(user.user_id, version, &hash, keep, ctx.now).await? {
            // Somebody else changed it in between, so what was just confirmed is no longer the password.
            CredentialChange::Stale => Err(ProviderError::PasswordMismatch),
            CredentialChange::Now => {
                self.audit_caller(caller, AuditAction::PasswordChanged, ctx);
                Ok(())
            }
        }
    }

    /// Deletes the account with everything that hangs on it.
    ///
    /// # Errors
    /// [`ProviderError::PasswordMismatch`].
    pub async fn delete_account(
        &self,
        caller: &AuthenticatedUser,
        password: &str,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        let mut place = self.ports.hasher.admit()?;
        self.confirm_password(place.as_mut(), caller, "password", password, ctx).await?;
        drop(place);
        self.put_logout_notices(caller.user.user_id, None, ctx).await?;
        if self.ports.store.delete_user(caller.user.user_id).await?.is_some() {
            self.audit_caller(caller, AuditAction::UserDeleted, ctx);
        }
        Ok(())
    }

    /// The live sessions of the user, the most recently used first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sessions(
        &self,
        caller: &AuthenticatedUser,
        now: Timestamp,
    ) -> Result<Vec<Session>, ProviderError> {
        let mut sessions = self.ports.store.list_sessions(caller.user.user_id).await?;
        sessions.retain(|session| session.is_live(now));
        sessions.sort_by_key(|session| std::cmp::Reverse((session.rotated_at, session.session_id)));
        Ok(sessions)
    }

    /// Ends one session of the user, with what hangs on it.
    ///
    /// # Errors
    /// [`ProviderError::NotFound`] when the user has no such session; another user's is no different.
    pub async fn end_session(
        &self,
        caller: &AuthenticatedUser,
        session_id: SessionId,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        let session = self.ports.store.find_session(caller.user.user_id, session_id).await?;
        let session = session.ok_or(ProviderError::NotFound)?;
        if self.end_with_grants(&session, AuditAction::SessionEnded, ctx).await? {
            Ok(())
        } else {
            Err(ProviderError::NotFound)
        }
    }

    /// Ends every session of the user, this one too.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn logout_all(
        &self,
        caller: &AuthenticatedUser,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        self.put_logout_notices(caller.user.user_id, None, ctx).await?;
        self.ports.store.end_sessions(caller.user.user_id, None).await?;
        self.audit_caller(caller, AuditAction::LogoutAll, ctx);
        Ok(())
    }

    fn audit_caller(&self, caller: &AuthenticatedUser, action: AuditAction, ctx: &RequestContext<'_>) {
        let ids = (Some(caller.user.user_id), Some(caller.session.session_id));
        self.audit(ctx, action, Outcome::Success, ids.0, ids.1);
    }
}

/// Reads the fields; all that are bad are named at once.
fn check_profile(update: ProfileUpdate<'_>) -> Result<ProfileChange, ProviderError> {
    let mut change = ProfileChange::default();
    let mut problems = Vec::new();
    let mut note = |field, read: Result<(), InvalidField>| {
        problems.extend(read.err().map(|error| FieldError { field, error }));
    };
    let name = update.name.map(|name| name.map(display_name).transpose()).transpose();
    note("name", name.map(|name| change.name = name));
    let locale = update.locale.map(|locale| locale.map(language_tag).transpose()).transpose();
    note("locale", locale.map(|locale| change.locale = locale));
    let email = update.email.map(|email| email.map(str::parse::<EmailAddress>).transpose()).transpose();
    note("email", email.map(|email| change.email = email));
    let attributes: &mut AttributesChange = &mut change.attributes;
    for (claim, text) in update.claims {
        note(claim.as_str(), attributes.set_text(*claim, *text));
    }
    if let Some(members) = update.address {
        let address = members.map(|members| Address::new(members.iter().copied())).transpose();
        note("address", address.map(|address| attributes.set_address(address)));
    }
    if problems.is_empty() { Ok(change) } else { Err(ProviderError::InvalidFields(problems)) }
}
