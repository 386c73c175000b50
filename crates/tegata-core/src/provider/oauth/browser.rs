//! The session of a browser at the provider itself: it logs its user in to any client.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::try_join;
use zeroize::Zeroizing;

use crate::audit::{AuditAction, Outcome};
use crate::entropy::{Entropy, EntropyError, random};
use crate::error::ProviderError;
use crate::grant::{ClientGrant, Grant};
use crate::identifier::{SessionId, UserId};
use crate::provider::login::VerifiedLogin;
use crate::provider::{Login, Provider, RequestContext};
use crate::refresh_token::RefreshTokenHash;
use crate::secret::{ServerSecrets, equal, sha256};
use crate::session::Session;
use crate::timestamp::Timestamp;
use crate::user::{User, UserStatus};

const PREFIX: &str = "tgb_";
const BODY_LENGTH: usize = 16 + 16 + 32;
const LENGTH: usize = BODY_LENGTH + 16;

/// A browser session whose user is active *now*. It can only come from [`Provider::browser_session`] and
/// [`Provider::log_in_browser`].
pub struct BrowserSession {
    /// Whose it is.
    pub user: User,
    /// The session; its `sid` is told to nobody.
    pub session: Session,
}

/// So many times may a user log in again before grants of the first time hang on nothing.
const MAX_CONTINUES: usize = 32;

impl BrowserSession {
    /// Whether a session of a client hangs on it: the client has logged its user in by it.
    pub(super) fn is_parent_of(&self, session: &Session) -> bool {
        session.user_id == self.user.user_id
            && session.client_grant().is_some_and(|grant| hangs_on(grant, &names(&self.session)))
    }
}

/// What a browser's cookie holds: user, session, a secret of 256 bits, and a MAC over them. Wiped when dropped.
pub struct BrowserToken {
    user_id: UserId,
    session_id: SessionId,
    secret: Zeroizing<[u8; 32]>,
}

impl BrowserToken {
    fn random(user_id: UserId, session_id: SessionId, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self { user_id, session_id, secret: Zeroizing::new(random(entropy)?) })
    }

    fn parse(text: &str, tenant: &str, secrets: &ServerSecrets) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; LENGTH + 2]);
        let encoded = text.strip_prefix(PREFIX)?;
        let length = URL_SAFE_NO_PAD.decode_slice(encoded, bytes.as_mut_slice()).ok()?;
        if length != LENGTH {
            return None;
        }
        let (body, mac) = bytes[..LENGTH].split_at(BODY_LENGTH);
        if !equal(mac, &mac_of(body, tenant, secrets)) {
            return None;
        }
        let (user_id, rest) = body.split_first_chunk()?;
        let (session_id, secret) = rest.split_first_chunk()?;
        Some(Self {
            user_id: UserId::from_bytes(*user_id),
            session_id: SessionId::from_bytes(*session_id),
            secret: Zeroizing::new(*secret.first_chunk()?),
        })
    }

    fn encode(&self, tenant: &str, secrets: &ServerSecrets) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH));
        bytes.extend_from_slice(self.user_id.as_bytes());
        bytes.extend_from_slice(self.session_id.as_bytes());
        bytes.extend_from_slice(self.secret.as_slice());
        let mac = mac_of(&bytes, tenant, secrets);
        bytes.extend_from_slice(&mac);
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + LENGTH.div_ceil(3) * 4));
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
        text
    }

    fn hash(&self) -> RefreshTokenHash {
        RefreshTokenHash::from_bytes(sha256(self.secret.as_slice()))
    }
}

impl fmt::Debug for BrowserToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrowserToken({})", self.session_id)
    }
}

fn mac_of(body: &[u8], tenant: &str, secrets: &ServerSecrets) -> [u8; 16] {
    let mut mac = [0; 16];
    mac.copy_from_slice(&secrets.browser.mac(&[tenant.as_bytes(), body])[..16]);
    mac
}

impl Provider {
    /// The session of a browser's cookie, if it is alive and its user is active now.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn browser_session(
        &self,
        cookie: &str,
        now: Timestamp,
    ) -> Result<Option<BrowserSession>, ProviderError> {
        let key_ring = self.key_ring();
        let Some(token) = BrowserToken::parse(cookie, self.settings.tenant.as_str(), &key_ring.secrets)
        else {
            return Ok(None);
        };
        let store = &self.ports.store;
        let found =
            try_join(store.find_session(token.user_id, token.session_id), store.find_user(token.user_id));
        let (session, user) = found.await?;
        let is_its_own = |session: &Session| {
            matches!(session.grant.as_deref(), Some(Grant::Browser { .. }))
                && equal(session.current_hash.as_bytes(), token.hash().as_bytes())
                && session.is_live(now)
        };
        let Some(session) = session.filter(is_its_own) else { return Ok(None) };
        let user = user.filter(|user| user.status == UserStatus::Active);
        Ok(user.map(|user| BrowserSession { user, session }))
    }

    /// Logs a user in to the provider itself: a new session of the browser, whatever it had before (ASVS 7.2.4).
    ///
    /// # Errors
    /// As [`Provider::login`].
    pub async fn log_in_browser(
        &self,
        request: Login<'_>,
        before: Option<&BrowserSession>,
        ctx: &RequestContext<'_>,
    ) -> Result<(BrowserSession, Zeroizing<String>, String), ProviderError> {
        let verified = self.verify_login(request, ctx).await?;
        let is_same = |before: &&BrowserSession| before.user.user_id == verified.user.user_id;
        let continues = before.filter(is_same).map(|before| names(&before.session)).unwrap_or_default();
        let (browser, cookie) = self.begin_browser_session(&verified, continues, ctx).await?;
        match before {
            // What hangs on it goes on with the new one: proving again who one is logs nobody out.
            Some(before) if is_same(&before) => {
                self.ports.store.end_session(before.user.user_id, before.session.session_id).await?;
            }
            Some(before) => self.end_browser_session(before, ctx).await?,
            None => {}
        }
        let device_token = self.device_token(&verified, ctx)?;
        Ok((browser, cookie, device_token))
    }

    async fn begin_browser_session(
        &self,
        verified: &VerifiedLogin,
        continues: Vec<SessionId>,
        ctx: &RequestContext<'_>,
    ) -> Result<(BrowserSession, Zeroizing<String>), ProviderError> {
        let entropy = self.ports.entropy.as_ref();
        let user_id = verified.user.user_id;
        let token = BrowserToken::random(user_id, SessionId::random(entropy)?, entropy)?;
        let ends_at = ctx.now + self.settings.oauth.browser_session_ttl;
        let session = Session {
            grant: Some(Box::new(Grant::Browser { continues })),
            idle_expires_at: ends_at,
            absolute_expires_at: ends_at,
            ..self.new_session(&verified.user, token.session_id, token.hash(), ctx)
        };
        self.begin(&session, verified).await?;
        let action = AuditAction::Login;
        self.audit(ctx, action, Outcome::Success, Some(user_id), Some(token.session_id));
        let cookie = token.encode(self.settings.tenant.as_str(), &self.key_ring().secrets);
        Ok((BrowserSession { user: verified.user.clone(), session }, cookie))
    }

    /// Ends a browser session and every grant that hangs on it.
    ///
    /// # Errors
    /// Those of the store. Repeated, it ends the rest.
    pub async fn end_browser_session(
        &self,
        browser: &BrowserSession,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        self.end_with_grants(&browser.session, AuditAction::Logout, ctx).await.map(drop)
    }

    /// Ends any session with every grant that hangs on it, and says whether it was there.
    ///
    /// # Errors
    /// Those of the store. Repeated, it ends the rest.
    pub(in crate::provider) async fn end_with_grants(
        &self,
        session: &Session,
        action: AuditAction,
        ctx: &RequestContext<'_>,
    ) -> Result<bool, ProviderError> {
        let names = match session.grant.as_deref() {
            Some(Grant::Client(_)) => return self.end_client_session(session, ctx).await,
            Some(Grant::Browser { .. }) => names(session),
            None => Vec::new(),
        };
        let (user_id, own) = (session.user_id, session.session_id);
        let mut told = Vec::new();
        if !names.is_empty() {
            // Before the session itself: while it is there, this can be repeated.
            self.end_grants_of(user_id, &names, &mut told, ctx).await?;
        }
        let ended = self.ports.store.end_session(user_id, own).await?;
        if !names.is_empty() {
            // And after it, for what began in between: a code that is redeemed from now on finds it gone.
            self.end_grants_of(user_id, &names, &mut told, ctx).await?;
        }
        if ended {
            self.audit_session(session, action, Outcome::Success, ctx);
        }
        Ok(ended)
    }

    /// Ends the grants that hang on a browser session by one of its names. One that goes on without it stays, but its client
    /// hears that its user has logged out (Back-Channel Logout §2.7), unless it was `told` before.
    async fn end_grants_of(
        &self,
        user_id: UserId,
        names: &[SessionId],
        told: &mut Vec<SessionId>,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        for session in self.ports.store.list_sessions(user_id).await? {
            let Some(grant) = session.client_grant().filter(|grant| hangs_on(grant, names)) else { continue };
            if !grant.offline {
                self.end_client_session(&session, ctx).await?;
            } else if !told.contains(&session.session_id) {
                self.put_logout_notice(&session, ctx).await?;
                told.push(session.session_id);
            }
        }
        Ok(())
    }

    /// Ends one session of a client for a reason that is not the client's own, so that it is told if it wants to be.
    ///
    /// # Errors
    /// Those of the store.
    pub(in crate::provider) async fn end_client_session(
        &self,
        session: &Session,
        ctx: &RequestContext<'_>,
    ) -> Result<bool, ProviderError> {
        self.put_logout_notice(session, ctx).await?;
        self.end_untold(session, ctx).await
    }

    /// As [`Provider::end_client_session`] where there is nobody to be told: the client wanted it, or never had a token of
    /// the session.
    ///
    /// # Errors
    /// Those of the store.
    pub(in crate::provider) async fn end_untold(
        &self,
        session: &Session,
        ctx: &RequestContext<'_>,
    ) -> Result<bool, ProviderError> {
        let ended = self.ports.store.end_session(session.user_id, session.session_id).await?;
        if ended {
            self.audit_session(session, AuditAction::SessionEnded, Outcome::Success, ctx);
        }
        Ok(ended)
    }
}

/// The names that grants know a browser session by: its own, and those of the sessions that it took the place of.
pub(super) fn names(session: &Session) -> Vec<SessionId> {
    let mut names = vec![session.session_id];
    if let Some(Grant::Browser { continues }) = session.grant.as_deref() {
        names.extend(continues.iter().take(MAX_CONTINUES - 1));
    }
    names
}

/// Whether a browser session has taken the place of the one of this name.
pub(super) fn continues(session: &Session, named: SessionId) -> bool {
    session.session_id != named && names(session).contains(&named)
}

fn hangs_on(grant: &ClientGrant, names: &[SessionId]) -> bool {
    grant.browser_session.is_some_and(|parent| names.contains(&parent))
}
