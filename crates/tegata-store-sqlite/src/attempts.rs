//! Counters of attempts.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, params};
use tegata_core::attempt::{Attempt, AttemptKey, AttemptRecord, Blocked, DelaySchedule};
use tegata_core::store::{AttemptStore, StoreError};
use tegata_core::timestamp::Timestamp;

use crate::error::store_error;
use crate::users::execute;
use crate::{SqliteStore, rows};

// Reading, deciding and writing are one step here because all writing goes through one transaction at a time.
#[async_trait]
impl AttemptStore for SqliteStore {
    async fn begin_attempt(&self, attempt: &Attempt) -> Result<Result<(), Blocked>, StoreError> {
        let attempt = *attempt;
        self.write(move |c, tenant| {
            if let Some(address) = attempt.address {
                let record = find(c, tenant, address)?;
                if let Err(blocked) = AttemptRecord::check(record, &attempt.address_schedule, attempt.now) {
                    return Ok(Err(blocked));
                }
            }
            count(c, tenant, attempt.account, &attempt.account_schedule, attempt.now)
        })
        .await
    }

    async fn count(
        &self,
        key: AttemptKey,
        schedule: &DelaySchedule,
        now: Timestamp,
    ) -> Result<Result<(), Blocked>, StoreError> {
        let schedule = *schedule;
        self.write(move |c, tenant| count(c, tenant, key, &schedule, now)).await
    }

    async fn count_failure(
        &self,
        key: AttemptKey,
        schedule: &DelaySchedule,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let schedule = *schedule;
        self.write(move |c, tenant| {
            let next = AttemptRecord::add(find(c, tenant, key)?, &schedule, now);
            put(c, tenant, key, next)
        })
        .await
    }

    async fn forget_attempts(&self, key: AttemptKey) -> Result<(), StoreError> {
        self.write(move |c, tenant| {
            let sql = "DELETE FROM attempts WHERE tenant = ?1 AND attempt_key = ?2";
            execute(c, sql, params![tenant, key.as_bytes()]).map(drop)
        })
        .await
    }
}

fn count(
    c: &Connection,
    tenant: &str,
    key: AttemptKey,
    schedule: &DelaySchedule,
    now: Timestamp,
) -> Result<Result<(), Blocked>, StoreError> {
    match AttemptRecord::count(find(c, tenant, key)?, schedule, now) {
        Err(blocked) => Ok(Err(blocked)),
        Ok(next) => put(c, tenant, key, next).map(Ok),
    }
}

fn put(c: &Connection, tenant: &str, key: AttemptKey, record: AttemptRecord) -> Result<(), StoreError> {
    let (blocked_until, expires_at) = (record.blocked_until.as_millis(), record.expires_at.as_millis());
    execute(
        c,
        "INSERT OR REPLACE INTO attempts (tenant, attempt_key, attempts, blocked_until, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![tenant, key.as_bytes(), record.attempts, blocked_until, expires_at],
    )
    .map(drop)
}

fn find(c: &Connection, tenant: &str, key: AttemptKey) -> Result<Option<AttemptRecord>, StoreError> {
    let sql =
        "SELECT attempts, blocked_until, expires_at FROM attempts WHERE tenant = ?1 AND attempt_key = ?2";
    let mut statement = c.prepare_cached(sql).map_err(store_error)?;
    let record = statement.query_row(params![tenant, key.as_bytes()], |row| {
        Ok(AttemptRecord {
            attempts: row.get(0)?,
            blocked_until: rows::time(row, 1)?,
            expires_at: rows::time(row, 2)?,
        })
    });
    record.optional().map_err(store_error)
}
