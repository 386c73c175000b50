//! Telling clients that sessions of theirs have ended (OpenID Connect Back-Channel Logout 1.0).
//!
//! What is to be told is written down before the session ends, and delivered afterwards: whoever logs out waits for
//! nobody else's server, and an outage delays a notice and loses none. A client may be told twice, or a moment early, which
//! is no different to it.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::stream::{self, StreamExt as _};
use tegata_jose::LogoutTokenClaims;

use super::subject::sector;
use crate::audit::{AuditAction, AuditEvent, Outcome};
use crate::client::{Client, ClientId, ClientOrigin, ClientStatus};
use crate::entropy::random;
use crate::error::ProviderError;
use crate::identifier::{NoticeId, SessionId, UserId};
use crate::logout_notice::LogoutNotice;
use crate::provider::{Provider, RequestContext};
use crate::session::Session;
use crate::timestamp::Timestamp;

/// When the next attempt is made after the first, the second and so on; the last one repeats.
const BACKOFF: [Duration; 5] = [
    Duration::from_secs(10),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
];
/// After this a client is not told any more.
const GIVE_UP_AFTER: Duration = Duration::from_hours(24);
/// How long a logout token is good (§2.4 recommends at most two minutes).
const TOKEN_TTL: Duration = Duration::from_mins(2);
/// So many clients are told at one time.
const CLIENTS_AT_ONCE: usize = 8;
/// A client that has more to hear than this at one time hears the rest later: others wait for it,
const MAX_PER_CLIENT: usize = 32;
/// and all that were due before come first then.
const PUT_OFF: Duration = Duration::from_secs(1);

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    /// The client knows (§2.8).
    Told,
    /// The client has refused the token, and would refuse the next one (§2.8).
    Refused,
    /// There was no answer that says either.
    Later,
}

impl Provider {
    /// Writes down that this session ends, if its client wants to hear of it.
    ///
    /// # Errors
    /// Those of the store.
    pub(in crate::provider) async fn put_logout_notice(
        &self,
        session: &Session,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        let wants_it = session.client_grant().is_some_and(|grant| grant.backchannel);
        let Some(client_id) = session.granted_to().filter(|_| wants_it) else { return Ok(()) };
        let notice = LogoutNotice {
            notice_id: NoticeId::random(self.ports.entropy.as_ref())?,
            client_id,
            user_id: session.user_id,
            session_id: session.session_id,
            attempts: 0,
            due_at: ctx.now,
            expires_at: ctx.now + GIVE_UP_AFTER,
        };
        self.ports.store.put_notice(&notice).await?;
        self.has_new_notices.store(true, Ordering::Release);
        Ok(())
    }

    /// Writes down that all sessions of a user end but one. To be called before the store ends them in one step.
    ///
    /// A session that begins between the two ends untold: no step of a store names what it ended. Its client has had its tokens for
    /// that moment, and hears of the end with its next refresh.
    ///
    /// # Errors
    /// Those of the store.
    pub(in crate::provider) async fn put_logout_notices(
        &self,
        user_id: UserId,
        keep: Option<SessionId>,
        ctx: &RequestContext<'_>,
    ) -> Result<(), ProviderError> {
        for session in self.ports.store.list_sessions(user_id).await? {
            if Some(session.session_id) != keep {
                self.put_logout_notice(&session, ctx).await?;
            }
        }
        Ok(())
    }

    /// Whether there are notices since this was last asked, so that they can be delivered at once. It costs nothing and knows
    /// of this process only.
    pub fn take_new_notices(&self) -> bool {
        self.has_new_notices.swap(false, Ordering::AcqRel)
    }

    /// Delivers notices that are due, of `limit` at most, and says how many it has looked at.
    ///
    /// Any number of processes may do so at a time. It may be dropped at any time, too: what was begun is then tried again.
    /// It takes as long as the slowest client, within what the port to other servers allows for each notice.
    ///
    /// # Errors
    /// The first of the store, after everything that could be done without it.
    pub async fn deliver_notices(&self, now: Timestamp, limit: usize) -> Result<usize, ProviderError> {
        let due = self.ports.store.due_notices(now, limit).await?;
        let count = due.len();
        let mut by_client: BTreeMap<ClientId, Vec<LogoutNotice>> = BTreeMap::new();
        for notice in due {
            by_client.entry(notice.client_id.clone()).or_default().push(notice);
        }
        let clients = by_client.into_iter().map(|(client_id, notices)| self.tell(client_id, notices, now));
        let outcomes: Vec<_> = stream::iter(clients).buffer_unordered(CLIENTS_AT_ONCE).collect().await;
        outcomes.into_iter().collect::<Result<(), _>>().map(|()| count)
    }

    /// Tells one client, one notice after the other: one that does not answer holds up nobody else.
    async fn tell(
        &self,
        client_id: ClientId,
        mut notices: Vec<LogoutNotice>,
        now: Timestamp,
    ) -> Result<(), ProviderError> {
        let client = self.ports.store.find_client(&client_id).await?;
        let client = client.filter(|client| client.status == ClientStatus::Active);
        for postponed in notices.split_off(notices.len().min(MAX_PER_CLIENT)) {
            self.claim(&postponed, now + PUT_OFF).await?;
        }
        let mut answers = true;
        for notice in notices {
            // A later client of the same name never had this session.
            let of_this_one = |client: &&Client| notice.expires_at >= client.created_at + GIVE_UP_AFTER;
            let uri = client
                .as_ref()
                .filter(of_this_one)
                .and_then(|client| Some((client, client.metadata.backchannel_logout_uri.as_deref()?)));
            let Some((client, uri)) = uri else {
                self.ports.store.remove_notice(notice.notice_id).await?;
                continue;
            };
            if now >= notice.expires_at {
                self.finish(&notice, Outcome::Failure, now).await?;
                continue;
            }
            if !self.claim(&notice, now + back_off(&notice, now)).await? || !answers {
                continue;
            }
            match self.post_logout_token(client, uri, &notice, now).await? {
                Attempt::Told => self.finish(&notice, Outcome::Success, now).await?,
                Attempt::Refused => self.finish(&notice, Outcome::Failure, now).await?,
                // The others would only take as long to fail.
                Attempt::Later => answers = false,
            }
        }
        Ok(())
    }

    /// Takes a notice until then; `false` when somebody else has.
    async fn claim(&self, notice: &LogoutNotice, due_at: Timestamp) -> Result<bool, ProviderError> {
        Ok(self.ports.store.claim_notice(notice.notice_id, notice.attempts, due_at).await?)
    }

    async fn finish(
        &self,
        notice: &LogoutNotice,
        outcome: Outcome,
        now: Timestamp,
    ) -> Result<(), ProviderError> {
        if self.ports.store.remove_notice(notice.notice_id).await? {
            self.ports.audit.record(AuditEvent {
                user_id: Some(notice.user_id),
                session_id: Some(notice.session_id),
                client_id: Some(notice.client_id.clone()),
                ..AuditEvent::new(now, AuditAction::BackchannelLogout, outcome)
            });
        }
        Ok(())
    }

    async fn post_logout_token(
        &self,
        client: &Client,
        uri: &str,
        notice: &LogoutNotice,
        now: Timestamp,
    ) -> Result<Attempt, ProviderError> {
        let token = self.sign_logout_token(client, notice, now)?;
        let body =
            form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", &token).finish();
        Ok(match self.ports.outbound.post_form(uri, &body).await {
            Ok(200 | 204) => Attempt::Told,
            Ok(400) => Attempt::Refused,
            Ok(_) | Err(_) => Attempt::Later,
        })
    }

    fn sign_logout_token(
        &self,
        client: &Client,
        notice: &LogoutNotice,
        now: Timestamp,
    ) -> Result<String, ProviderError> {
        let jti = URL_SAFE_NO_PAD.encode(random::<16>(self.ports.entropy.as_ref())?);
        // Which names the client had when the session began is not remembered with the notice, and it may have others by now:
        // who changes that without an operator is told the session only (§2.4 asks for one of the two).
        let is_changeable = client.origin != ClientOrigin::Operator && sector(client).is_some();
        let subject = (!is_changeable).then(|| self.subject(client, notice.user_id));
        let token = self.key_ring().signing_for(client)?.sign_logout_token(&LogoutTokenClaims {
            issuer: &self.settings.issuer,
            audience: client.client_id.as_str(),
            issued_at: now.numeric_date(),
            expires_at: (now + TOKEN_TTL).numeric_date(),
            jwt_id: &jti,
            subject: subject.as_deref(),
            session_id: Some(&notice.session_id.to_string()),
        })?;
        Ok(token)
    }
}

/// How long to wait for the next attempt. The notice's age tells: how often it was taken counts also the times that it was
/// put off, which say nothing of its client.
fn back_off(notice: &LogoutNotice, now: Timestamp) -> Duration {
    let mut age = now.since(notice.expires_at - GIVE_UP_AFTER);
    for wait in BACKOFF {
        match age.checked_sub(wait) {
            Some(rest) => age = rest,
            None => return wait,
        }
    }
    BACKOFF[BACKOFF.len() - 1]
}
