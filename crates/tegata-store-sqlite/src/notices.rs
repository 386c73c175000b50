//! Notices of logouts that wait to be delivered.

use async_trait::async_trait;
use rusqlite::params;
use tegata_core::identifier::{NoticeId, SessionId, UserId};
use tegata_core::logout_notice::LogoutNotice;
use tegata_core::store::{NoticeStore, StoreError};
use tegata_core::timestamp::Timestamp;

use crate::error::store_error;
use crate::users::execute;
use crate::{SqliteStore, rows};

#[async_trait]
impl NoticeStore for SqliteStore {
    async fn put_notice(&self, notice: &LogoutNotice) -> Result<(), StoreError> {
        let notice = notice.clone();
        self.write(move |c, tenant| {
            execute(
                c,
                "INSERT OR REPLACE INTO notices
                     (tenant, notice_id, client_id, user_id, session_id, attempts, due_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    tenant,
                    notice.notice_id.as_bytes(),
                    notice.client_id.as_str(),
                    notice.user_id.as_bytes(),
                    notice.session_id.as_bytes(),
                    notice.attempts,
                    notice.due_at.as_millis(),
                    notice.expires_at.as_millis(),
                ],
            )
            .map(drop)
        })
        .await
    }

    async fn due_notices(&self, now: Timestamp, limit: usize) -> Result<Vec<LogoutNotice>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(move |c, tenant| {
            let sql =
                "SELECT notice_id, client_id, user_id, session_id, attempts, due_at, expires_at FROM notices
                       WHERE tenant = ?1 AND due_at <= ?2 ORDER BY due_at, notice_id LIMIT ?3";
            let mut statement = c.prepare_cached(sql).map_err(store_error)?;
            rows::collect(&mut statement, params![tenant, now.as_millis(), limit], |row| {
                Ok(LogoutNotice {
                    notice_id: NoticeId::from_bytes(row.get(0)?),
                    client_id: rows::parse(1, row.get_ref(1)?.as_str()?)?,
                    user_id: UserId::from_bytes(row.get(2)?),
                    session_id: SessionId::from_bytes(row.get(3)?),
                    attempts: row.get(4)?,
                    due_at: rows::time(row, 5)?,
                    expires_at: rows::time(row, 6)?,
                })
            })
        })
        .await
    }

    async fn claim_notice(
        &self,
        notice_id: NoticeId,
        expected: u32,
        due_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |c, tenant| {
            let claimed = execute(
                c,
                "UPDATE notices SET attempts = attempts + 1, due_at = ?4
                 WHERE tenant = ?1 AND notice_id = ?2 AND attempts = ?3",
                params![tenant, notice_id.as_bytes(), expected, due_at.as_millis()],
            )?;
            Ok(claimed > 0)
        })
        .await
    }

    async fn remove_notice(&self, notice_id: NoticeId) -> Result<bool, StoreError> {
        self.write(move |c, tenant| {
            let removed = execute(
                c,
                "DELETE FROM notices WHERE tenant = ?1 AND notice_id = ?2",
                params![tenant, notice_id.as_bytes()],
            )?;
            Ok(removed > 0)
        })
        .await
    }
}
