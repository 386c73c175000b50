//! Sessions and their refresh tokens.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure as OnFailure};
use tegata_core::attempt::AttemptKey;
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::session::{Rotation, Session};
use tegata_core::store::{
    Begun, ConsentStore as _, GrantBegun, NewGrant, Rotated, SessionStore, StoreError, TransientStore as _,
};
use tegata_core::transient::Transient;
use tegata_core::user::UserStatus;

use crate::DynamoDbStore;
use crate::error::{Fault, Unreadable};
use crate::item::{self, bytes, number, time};
use crate::mark::Mark;
use crate::retry::{Refusal, Reply, Step};
use crate::table;
use crate::transaction::Condition;

/// `Rotation::apply`, in DynamoDB's words. What stands on the right is the record before.
const ROTATE: &str = "SET p = h, h = :successor, g = g + :one, ra = :now, ix = :idle, #ttl = :ttl, m = :mark";
const IF_CURRENT_AND_LIVE: &str = "h = :presented AND ix > :now AND ax > :now AND g < :last";

#[async_trait]
impl SessionStore for DynamoDbStore {
    /// Not one transaction, which would cost four times as much: the session is written, *then* the user is read, and
    /// the session goes again if the user may not have one. Whoever ends a user's sessions writes the user first and
    /// looks for sessions after, so whichever of the two reads comes later sees the other's write. A crash in between
    /// leaves a session that nobody holds a token of.
    async fn begin_session(
        &self,
        session: &Session,
        credential_version: u32,
        account: Option<AttemptKey>,
    ) -> Result<Begun, StoreError> {
        let step = self.step();
        if !self.put_session(&step, session, credential_version).await? {
            return Ok(Begun::Refused);
        }
        let key = table::session(&self.tenant, session.user_id, session.session_id);
        let begun = match self.may_begin(&step, session.user_id, credential_version).await {
            Ok(false) => Ok(Begun::Refused),
            Ok(true) => match account {
                Some(account) => {
                    let counter = table::attempts(&self.tenant, account);
                    self.delete(&step, &counter).await.map(|_| Begun::Now)
                }
                None => Ok(Begun::Now),
            },
            Err(error) => Err(error),
        };
        match begun {
            Ok(Begun::Now) => {}
            Ok(Begun::Refused) => drop(self.delete(&step, &key).await?),
            // Nobody gets its token; the step's own time may be up.
            Err(_) => drop(self.delete(&self.step(), &key).await),
        }
        begun
    }

    /// As [`Self::begin_session`]: the session is written, then what it rests on is read. What was used is created last, so
    /// that whoever finds it finds the session, and so that a fault before it leaves it unused. After a fault in that very write
    /// it is taken away again: it may have been done, and what gave nothing must not look like a theft when it comes again.
    async fn begin_grant(&self, grant: &NewGrant) -> Result<GrantBegun, StoreError> {
        let NewGrant { session, credential_version, used, .. } = grant;
        let step = self.step();
        if !self.put_session(&step, session, *credential_version).await? {
            return Ok(GrantBegun::Refused);
        }
        let begun = match self.may_begin_grant(&step, grant).await {
            Ok(false) => Ok(GrantBegun::Refused),
            Ok(true) => match used {
                Some(used) => self.use_up(used).await,
                None => Ok(GrantBegun::Now),
            },
            Err(error) => Err(error),
        };
        if !matches!(begun, Ok(GrantBegun::Now)) {
            let ended = self.end_session(session.user_id, session.session_id).await;
            if let (Err(_), Some(used)) = (&begun, used) {
                drop(self.unuse(used).await);
            }
            // A replay is told of in any case. Nobody gets the token of the session; the step's own time may be up.
            if matches!(begun, Ok(GrantBegun::Refused)) {
                ended?;
            }
        }
        begun
    }

    async fn rotate_session(&self, rotation: &Rotation) -> Result<Rotated, StoreError> {
        let (own, idle) = (Mark::random()?, rotation.now + rotation.idle_ttl);
        let request = self
            .client()
            .update_item()
            .table_name(self.data())
            .set_key(Some(table::session(&self.tenant, rotation.user_id, rotation.session_id).attributes()))
            .update_expression(ROTATE)
            .condition_expression(IF_CURRENT_AND_LIVE)
            .expression_attribute_names("#ttl", table::TTL)
            .expression_attribute_values(":presented", bytes(rotation.presented.as_bytes()))
            .expression_attribute_values(":successor", bytes(rotation.successor.as_bytes()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":last", number(u32::MAX))
            .expression_attribute_values(":now", time(rotation.now))
            .expression_attribute_values(":idle", time(idle))
            .expression_attribute_values(":ttl", item::ttl(idle))
            .expression_attribute_values(":mark", bytes(own.as_bytes()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        match self.step().send(self.data(), || request.clone().send()).await? {
            Reply::Done(answer) => {
                let record = answer.attributes.ok_or(Unreadable(item::CURRENT))?;
                Ok(Rotated::Now(item::session(&record)?))
            }
            Reply::Refused(refusal) => refused(rotation, &refusal, own),
        }
    }

    async fn find_session(
        &self,
        user_id: UserId,
        session_id: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        let key = table::session(&self.tenant, user_id, session_id);
        let found = self.get(&self.step(), &key, true).await?;
        Ok(found.as_ref().map(item::session).transpose()?)
    }

    async fn list_sessions(&self, user_id: UserId) -> Result<Vec<Session>, StoreError> {
        let found = self.query_sessions(&self.step(), user_id, None).await?;
        Ok(found.iter().map(item::session).collect::<Result<_, _>>()?)
    }

    async fn end_session(&self, user_id: UserId, session_id: SessionId) -> Result<bool, StoreError> {
        let key = table::session(&self.tenant, user_id, session_id);
        self.delete(&self.step(), &key).await
    }

    /// Of a crash in between it leaves the rest, which repeating it ends.
    async fn end_sessions(&self, user_id: UserId, keep: Option<SessionId>) -> Result<u64, StoreError> {
        let step = self.step();
        let keys = self.session_keys(&step, user_id, keep).await?;
        self.delete_all(&step, keys).await
    }
}

impl DynamoDbStore {
    /// Writes a new session; whether that may stand.
    async fn put_session(
        &self,
        step: &Step,
        session: &Session,
        credential_version: u32,
    ) -> Result<bool, StoreError> {
        let own = Mark::random()?;
        let key = table::session(&self.tenant, session.user_id, session.session_id);
        let new = item::session_item(&key, session, own);
        match self.put(step, new.clone(), Condition::ABSENT).await? {
            Reply::Done(()) => Ok(true),
            // The first try was done and its answer lost.
            Reply::Refused(refusal) if refusal.is_by(own)? => Ok(true),
            // Ids are random, so there is none with this one. Should there be, it goes only if the new one may begin.
            Reply::Refused(_) => {
                let may_begin = self.may_begin(step, session.user_id, credential_version).await?;
                if may_begin {
                    self.put(step, new, Condition::ANY).await?;
                }
                Ok(may_begin)
            }
        }
    }

    /// Whether the user may begin a session, and what it rests on holds, as of now.
    async fn may_begin_grant(&self, step: &Step, grant: &NewGrant) -> Result<bool, StoreError> {
        let NewGrant { session, credential_version, footing, .. } = grant;
        let user_id = session.user_id;
        let consent = async {
            match &footing.consent {
                Some(needed) => self.find_consent(user_id, &needed.client_id).await,
                None => Ok(None),
            }
        };
        let browser_session = async {
            match footing.browser_session {
                Some(session_id) => self.find_session(user_id, session_id).await,
                None => Ok(None),
            }
        };
        let may_begin = self.may_begin(step, user_id, *credential_version);
        let (may_begin, consent, browser_session) = tokio::try_join!(may_begin, consent, browser_session)?;
        Ok(may_begin && footing.holds(consent.as_ref(), browser_session.as_ref()))
    }

    /// Notes that something was used, or finds that it was before.
    async fn use_up(&self, used: &Transient) -> Result<GrantBegun, StoreError> {
        if self.create_transient(used).await? {
            return Ok(GrantBegun::Now);
        }
        // Removed in between only if it had outlived its use by far.
        let before = self.find_transient(used.key).await?;
        Ok(before.map_or(GrantBegun::Refused, GrantBegun::Used))
    }

    /// Takes back that something was used, if that is our own note: nobody else's has the name of this session in it.
    async fn unuse(&self, used: &Transient) -> Result<bool, StoreError> {
        let key = table::transient(&self.tenant, used.key);
        self.delete_where(&self.step(), &key, Condition::document(&used.document)).await
    }

    /// Whether the user is there, is active, and has this credential, as of now.
    async fn may_begin(
        &self,
        step: &Step,
        user_id: UserId,
        credential_version: u32,
    ) -> Result<bool, StoreError> {
        let user = self.read_user(step, user_id).await?;
        Ok(user.is_some_and(|(user, _)| {
            user.status == UserStatus::Active && user.credential.version == credential_version
        }))
    }
}

/// What a refused rotation means. A fault must never look like a stolen token.
fn refused(rotation: &Rotation, refusal: &Refusal, own: Mark) -> Result<Rotated, StoreError> {
    let Some(found) = refusal.item(0) else { return Ok(Rotated::Refused(None)) };
    let record: Session = item::session(found)?;
    if refusal.is_by(own)? {
        // The first try was done and its answer lost.
        return Ok(Rotated::Now(record));
    }
    let is_verdict = record.current_hash == rotation.presented || record.current_hash == rotation.successor;
    if refusal.after_doubt && !is_verdict {
        // Our own write may have been done and a later token used since: nothing follows from the record.
        return Err(Fault::Unknown.into());
    }
    Ok(Rotated::Refused(Some(record)))
}
