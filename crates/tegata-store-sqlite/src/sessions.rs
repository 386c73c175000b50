//! Sessions and the rotation of their refresh tokens.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, params};
use tegata_core::attempt::AttemptKey;
use tegata_core::footing::Footing;
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::session::{Rotation, Session};
use tegata_core::store::{Begun, GrantBegun, NewGrant, Rotated, SessionStore, StoreError};

use crate::error::store_error;
use crate::users::execute;
use crate::{SqliteStore, consents, document, rows, transients};

/// [`Rotation::apply`] in SQL: the condition and the change in one statement. It is the hottest of all, so its text is a
/// constant.
const ROTATE: &str = "UPDATE sessions SET
         generation = generation + 1, previous_hash = current_hash, current_hash = ?5, rotated_at = ?6,
         idle_expires_at = ?7
     WHERE tenant = ?1 AND user_id = ?2 AND session_id = ?3 AND current_hash = ?4
         AND idle_expires_at > ?6 AND absolute_expires_at > ?6 AND generation < 4294967295
     RETURNING user_id, session_id, username, client_id, scope, amr, auth_time, user_agent, address, generation,
         current_hash, previous_hash, rotated_at, idle_expires_at, absolute_expires_at, grant_document";

#[async_trait]
impl SessionStore for SqliteStore {
    async fn begin_session(
        &self,
        session: &Session,
        credential_version: u32,
        account: Option<AttemptKey>,
    ) -> Result<Begun, StoreError> {
        let session = session.clone();
        self.write(move |c, tenant| {
            if insert(c, tenant, &session, credential_version)? == 0 {
                return Ok(Begun::Refused);
            }
            if let Some(account) = account {
                let sql = "DELETE FROM attempts WHERE tenant = ?1 AND attempt_key = ?2";
                execute(c, sql, params![tenant, account.as_bytes()])?;
            }
            Ok(Begun::Now)
        })
        .await
    }

    async fn begin_grant(&self, grant: &NewGrant) -> Result<GrantBegun, StoreError> {
        let NewGrant { session, credential_version, footing, used } = grant.clone();
        self.write(move |c, tenant| {
            if !holds(c, tenant, session.user_id, &footing)?
                || insert(c, tenant, &session, credential_version)? == 0
            {
                return Ok(GrantBegun::Refused);
            }
            let Some(used) = used else { return Ok(GrantBegun::Now) };
            if transients::create(c, tenant, &used)? {
                return Ok(GrantBegun::Now);
            }
            end(c, tenant, session.user_id, session.session_id)?;
            Ok(transients::find(c, tenant, used.key)?.map_or(GrantBegun::Refused, GrantBegun::Used))
        })
        .await
    }

    async fn rotate_session(&self, rotation: &Rotation) -> Result<Rotated, StoreError> {
        let rotation = rotation.clone();
        self.write(move |c, tenant| {
            let (user_id, session_id) = (rotation.user_id, rotation.session_id);
            let parameters = params![
                tenant,
                user_id.as_bytes(),
                session_id.as_bytes(),
                rotation.presented.as_bytes(),
                rotation.successor.as_bytes(),
                rotation.now.as_millis(),
                (rotation.now + rotation.idle_ttl).as_millis(),
            ];
            let mut statement = c.prepare_cached(ROTATE).map_err(store_error)?;
            match statement.query_row(parameters, rows::session).optional().map_err(store_error)? {
                Some(session) => Ok(Rotated::Now(session)),
                None => find(c, tenant, user_id, session_id).map(Rotated::Refused),
            }
        })
        .await
    }

    async fn find_session(
        &self,
        user_id: UserId,
        session_id: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        self.look_up(move |c, tenant| find(c, tenant, user_id, session_id)).await
    }

    async fn list_sessions(&self, user_id: UserId) -> Result<Vec<Session>, StoreError> {
        self.read(move |c, tenant| {
            let sql = format!("SELECT {} FROM sessions WHERE tenant = ?1 AND user_id = ?2", rows::SESSION);
            let mut statement = c.prepare_cached(&sql).map_err(store_error)?;
            let sessions = statement
                .query_map(params![tenant, user_id.as_bytes()], rows::session)
                .map_err(store_error)?;
            sessions.collect::<Result<_, _>>().map_err(store_error)
        })
        .await
    }

    async fn end_session(&self, user_id: UserId, session_id: SessionId) -> Result<bool, StoreError> {
        self.write(move |c, tenant| end(c, tenant, user_id, session_id)).await
    }

    async fn end_sessions(&self, user_id: UserId, keep: Option<SessionId>) -> Result<u64, StoreError> {
        self.write(move |c, tenant| end_sessions(c, tenant, user_id, keep)).await
    }
}

/// Whether what a session rests on is there, as of this step.
fn holds(c: &Connection, tenant: &str, user_id: UserId, footing: &Footing) -> Result<bool, StoreError> {
    let consent = match &footing.consent {
        Some(needed) => consents::find(c, tenant, user_id, &needed.client_id)?,
        None => None,
    };
    let browser_session = match footing.browser_session {
        Some(session_id) => find(c, tenant, user_id, session_id)?,
        None => None,
    };
    Ok(footing.holds(consent.as_ref(), browser_session.as_ref()))
}

fn end(c: &Connection, tenant: &str, user_id: UserId, session_id: SessionId) -> Result<bool, StoreError> {
    let ended = execute(
        c,
        "DELETE FROM sessions WHERE tenant = ?1 AND user_id = ?2 AND session_id = ?3",
        params![tenant, user_id.as_bytes(), session_id.as_bytes()],
    )?;
    Ok(ended > 0)
}

/// Ends all sessions of a user but one, as a part of a step.
pub(crate) fn end_sessions(
    c: &Connection,
    tenant: &str,
    user_id: UserId,
    keep: Option<SessionId>,
) -> Result<u64, StoreError> {
    let keep = keep.map(|id| id.as_bytes().to_vec());
    let ended = execute(
        c,
        "DELETE FROM sessions WHERE tenant = ?1 AND user_id = ?2 AND session_id IS NOT ?3",
        params![tenant, user_id.as_bytes(), keep],
    )?;
    Ok(ended as u64)
}

fn find(
    c: &Connection,
    tenant: &str,
    user_id: UserId,
    session_id: SessionId,
) -> Result<Option<Session>, StoreError> {
    let sql = format!(
        "SELECT {} FROM sessions WHERE tenant = ?1 AND user_id = ?2 AND session_id = ?3",
        rows::SESSION
    );
    let mut statement = c.prepare_cached(&sql).map_err(store_error)?;
    let parameters = params![tenant, user_id.as_bytes(), session_id.as_bytes()];
    statement.query_row(parameters, rows::session).optional().map_err(store_error)
}

/// Inserts the session if its user may begin one; the condition is in the statement.
fn insert(
    c: &Connection,
    tenant: &str,
    session: &Session,
    credential_version: u32,
) -> Result<usize, StoreError> {
    execute(
        c,
        "INSERT OR REPLACE INTO sessions (tenant, user_id, session_id, username, client_id, scope, amr, auth_time,
             user_agent, address, generation, current_hash, previous_hash, rotated_at, idle_expires_at,
             absolute_expires_at, grant_document)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?18 FROM users
         WHERE tenant = ?1 AND user_id = ?2 AND status = 'active' AND credential_version = ?17",
        params![
            tenant,
            session.user_id.as_bytes(),
            session.session_id.as_bytes(),
            session.username.as_str(),
            session.client_id,
            session.scope.as_str(),
            session.amr.join(" "),
            session.auth_time.as_millis(),
            session.device.user_agent,
            session.device.address.map(|address| address.to_string()),
            session.generation,
            session.current_hash.as_bytes(),
            session.previous_hash.map(|hash| hash.as_bytes().to_vec()),
            session.rotated_at.as_millis(),
            session.idle_expires_at.as_millis(),
            session.absolute_expires_at.as_millis(),
            credential_version,
            session.grant.as_deref().map(document::write).transpose()?,
        ],
    )
}
