//! Logging in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Provider, RequestContext, TokenSet};
use crate::attempt::AttemptKey;
use crate::audit::{AuditAction, Outcome};
use crate::entropy::random;
use crate::error::ProviderError;
use crate::identifier::{SessionId, UserId};
use crate::password::Password;
use crate::refresh_token::{RefreshToken, RefreshTokenHash};
use crate::scope::Scope;
use crate::secret::{ServerSecrets, equal};
use crate::session::{Device, Session};
use crate::store::{Begun, CredentialChange};
use crate::user::{LoginName, User, UserStatus, Username};

/// A request to log in, as it was typed.
#[derive(Clone, Copy)]
pub struct Login<'a> {
    /// The user name, or a proved e-mail address.
    pub username: &'a str,
    /// The password.
    pub password: &'a str,
}

/// What a login gives.
pub struct LoggedIn {
    /// The tokens.
    pub tokens: TokenSet,
    /// Who logged in.
    pub user: User,
    /// Proves at the next login that this device has logged this user in before.
    pub device_token: String,
}

/// A password that was right, for an account that was open. It can only come from [`Provider::verify_login`].
pub(super) struct VerifiedLogin {
    pub(super) user: User,
    /// The counter that a success has to forget.
    account: AttemptKey,
    is_known_device: bool,
}

/// The longest `User-Agent` that is remembered, in characters.
const MAX_USER_AGENT: usize = 256;

impl Provider {
    /// Logs in: verifies the password, begins a session, issues its first tokens.
    ///
    /// # Errors
    /// [`ProviderError::InvalidCredentials`], the same and after the same work for every cause;
    /// [`ProviderError::TooManyAttempts`]; and those of hashing and the store.
    pub async fn login(
        &self,
        request: Login<'_>,
        ctx: &RequestContext<'_>,
    ) -> Result<LoggedIn, ProviderError> {
        let verified = self.verify_login(request, ctx).await?;
        let entropy = self.ports.entropy.as_ref();
        let session_id = SessionId::random(entropy)?;
        let token = RefreshToken::first(verified.user.user_id, session_id, None, entropy)?;
        let session = self.new_session(&verified.user, session_id, token.hash(), ctx);
        // Signed first: a session that nobody holds a token of is of no use to anybody.
        let tokens = self.issue(&self.key_ring(), session, &token, ctx.now)?;
        self.begin(&tokens.session, &verified).await?;
        let user_id = verified.user.user_id;
        self.audit(ctx, AuditAction::Login, Outcome::Success, Some(user_id), Some(session_id));
        let device_token = self.device_token(&verified, ctx)?;
        Ok(LoggedIn { tokens, user: verified.user, device_token })
    }

    /// Verifies the password of a login, and that the account is open.
    ///
    /// # Errors
    /// As [`Provider::login`].
    pub(super) async fn verify_login(
        &self,
        request: Login<'_>,
        ctx: &RequestContext<'_>,
    ) -> Result<VerifiedLogin, ProviderError> {
        if request.username.is_empty() {
            return Err(ProviderError::field("username", crate::user::InvalidField::Required));
        }
        let password =
            Password::parse(request.password).map_err(|error| ProviderError::field("password", error))?;
        // At the door, before any work is done: a storm costs neither memory nor the store.
        let mut place = self.ports.hasher.admit()?;
        let user = match request.username.parse::<LoginName>() {
            Ok(name) => self.ports.store.find_user_by_login_name(&name).await?,
            // Nobody can have this name; that is no different from nobody having it.
            Err(_) => None,
        };
        let key_ring = self.key_ring();
        let device =
            user.as_ref().and_then(|user| known_device(&key_ring.secrets, user.user_id, ctx.device_token));
        let account = match (&user, &device) {
            (Some(user), Some(device)) => AttemptKey::device(&key_ring.secrets, user.user_id, device),
            (Some(user), None) => AttemptKey::user(&key_ring.secrets, user.user_id),
            (None, _) => AttemptKey::name(&key_ring.secrets, &request.username.to_lowercase()),
        };
        let action = AuditAction::Login;
        let verification =
            self.try_password(place.as_mut(), user.as_ref(), account, password, action, ctx).await?;
        drop(place);
        let Some(mut user) = user.filter(|_| verification.matches) else {
            return Err(ProviderError::InvalidCredentials);
        };
        if user.status != UserStatus::Active {
            self.audit(ctx, action, Outcome::Failure, Some(user.user_id), None);
            return Err(ProviderError::InvalidCredentials);
        }
        if let Some(hash) = &verification.rehashed {
            let version = user.credential.version;
            if self.ports.store.rehash_password(user.user_id, version, hash).await? == CredentialChange::Now {
                user.credential.version = version + 1;
            }
        }
        Ok(VerifiedLogin { user, account, is_known_device: device.is_some() })
    }

    /// Begins the session of a login.
    ///
    /// # Errors
    /// [`ProviderError::InvalidCredentials`] when the account was closed or its password changed in between.
    pub(super) async fn begin(&self, session: &Session, login: &VerifiedLogin) -> Result<(), ProviderError> {
        let version = login.user.credential.version;
        match self.ports.store.begin_session(session, version, Some(login.account)).await? {
            Begun::Refused => Err(ProviderError::InvalidCredentials),
            Begun::Now => Ok(()),
        }
    }

    /// The device token of the next login: the one that was shown, or a new one.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub(super) fn device_token(
        &self,
        login: &VerifiedLogin,
        ctx: &RequestContext<'_>,
    ) -> Result<String, ProviderError> {
        match ctx.device_token {
            Some(token) if login.is_known_device => Ok(token.to_owned()),
            _ => {
                let number = random(self.ports.entropy.as_ref())?;
                Ok(new_device_token(&self.key_ring().secrets, login.user.user_id, &number))
            }
        }
    }

    /// A session that begins now, of our own application.
    pub(super) fn new_session(
        &self,
        user: &User,
        session_id: SessionId,
        hash: RefreshTokenHash,
        ctx: &RequestContext<'_>,
    ) -> Session {
        let scope = self.settings.tokens.scope.union(&user.granted_scope);
        self.session_of(user.user_id, user.username.clone(), scope, session_id, hash, ctx)
    }

    /// A session that begins now, from where the request comes.
    pub(super) fn session_of(
        &self,
        user_id: UserId,
        username: Username,
        scope: Scope,
        session_id: SessionId,
        hash: RefreshTokenHash,
        ctx: &RequestContext<'_>,
    ) -> Session {
        let settings = &self.settings;
        let user_agent = ctx.user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect());
        Session {
            user_id,
            session_id,
            username,
            client_id: settings.tokens.client_id.clone(),
            scope,
            amr: vec!["pwd".to_owned()],
            auth_time: ctx.now,
            device: Device { user_agent, address: ctx.address },
            grant: None,
            generation: 0,
            current_hash: hash,
            previous_hash: None,
            rotated_at: ctx.now,
            idle_expires_at: ctx.now + settings.sessions.idle_ttl,
            absolute_expires_at: ctx.now + settings.sessions.absolute_ttl,
        }
    }
}

/// A device token: a random number and our MAC over it and the user. It says only "this device has logged this user in
/// before", so a stranger's failures and the owner's are counted apart (OWASP, "device cookies").
fn new_device_token(secrets: &ServerSecrets, user_id: UserId, number: &[u8; 16]) -> String {
    let mut bytes = number.to_vec();
    bytes.extend_from_slice(&secrets.device.mac(&[user_id.as_bytes(), number]));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The number of a device token, if we made it for this user.
fn known_device(secrets: &ServerSecrets, user_id: UserId, token: Option<&str>) -> Option<[u8; 16]> {
    let token = token.filter(|token| token.len() == 64)?;
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (number, mac) = bytes.split_first_chunk()?;
    equal(mac, &secrets.device.mac(&[user_id.as_bytes(), number])).then_some(*number)
}
