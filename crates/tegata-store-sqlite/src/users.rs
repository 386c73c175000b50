//! Users and their credentials.

use async_trait::async_trait;
use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
use rusqlite::{Connection, OptionalExtension as _, params};
use tegata_core::attributes::Attributes;
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::password::PasswordHash;
use tegata_core::scope::Scope;
use tegata_core::store::{Created, CredentialChange, EmailVerified, ProfileChanged, StoreError, UserStore};
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{LoginName, ProfileChange, User, UserStatus};

use crate::error::store_error;
use crate::sessions::end_sessions;
use crate::{SqliteStore, document, rows};

#[async_trait]
impl UserStore for SqliteStore {
    async fn create_user(&self, user: &User) -> Result<Created, StoreError> {
        let user = user.clone();
        let attributes = attributes_document(&user.attributes)?;
        self.write(move |c, tenant| match insert(c, tenant, &user, attributes.as_deref()) {
            Ok(()) => Ok(Created::Now),
            // The key is random, and no address is proved here: it is the name.
            Err(error) if is_taken(&error) => Ok(Created::UsernameTaken),
            Err(error) => Err(store_error(error)),
        })
        .await
    }

    async fn find_user(&self, user_id: UserId) -> Result<Option<User>, StoreError> {
        self.look_up(move |c, tenant| find(c, tenant, user_id)).await
    }

    async fn find_user_by_login_name(&self, name: &LoginName) -> Result<Option<User>, StoreError> {
        let condition = match name {
            LoginName::Username(_) => "username_canonical = ?2",
            LoginName::Email(_) => "email_canonical = ?2 AND email_verified = 1",
        };
        let canonical = name.canonical().to_owned();
        self.look_up(move |c, tenant| {
            let sql = format!("SELECT {} FROM users WHERE tenant = ?1 AND {condition}", rows::USER);
            let mut statement = c.prepare_cached(&sql).map_err(store_error)?;
            statement.query_row(params![tenant, canonical], rows::user).optional().map_err(store_error)
        })
        .await
    }

    async fn list_users(&self, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        // No id is empty, so all of them come after the empty one.
        let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        self.read(move |c, tenant| {
            let sql = format!(
                "SELECT {} FROM users WHERE tenant = ?1 AND user_id > ?2 ORDER BY user_id LIMIT ?3",
                rows::USER
            );
            let mut statement = c.prepare_cached(&sql).map_err(store_error)?;
            rows::collect(&mut statement, params![tenant, after, limit], rows::user)
        })
        .await
    }

    async fn change_profile(
        &self,
        user_id: UserId,
        change: &ProfileChange,
    ) -> Result<ProfileChanged, StoreError> {
        let change = change.clone();
        self.write(move |c, tenant| {
            let Some(user) = find(c, tenant, user_id)? else { return Ok(ProfileChanged::Gone) };
            let Ok(user) = change.apply(user) else { return Ok(ProfileChanged::TooLarge) };
            let email = user.email.as_ref();
            execute(
                c,
                "UPDATE users SET name = ?3, locale = ?4, email = ?5, email_canonical = ?6, email_verified = ?7,
                     attributes_document = ?8
                 WHERE tenant = ?1 AND user_id = ?2",
                params![
                    tenant,
                    user_id.as_bytes(),
                    user.name,
                    user.locale,
                    email.map(|email| email.address.as_str()),
                    email.map(|email| email.address.canonical()),
                    email.is_some_and(|email| email.verified),
                    attributes_document(&user.attributes)?,
                ],
            )?;
            Ok(ProfileChanged::Now(Box::new(user)))
        })
        .await
    }

    async fn verify_email(&self, user_id: UserId, address: &str) -> Result<EmailVerified, StoreError> {
        let address = address.to_owned();
        self.write(move |c, tenant| {
            let mut statement = c
                .prepare_cached(
                    "UPDATE users SET email_verified = 1 WHERE tenant = ?1 AND user_id = ?2 AND email_canonical = ?3",
                )
                .map_err(store_error)?;
            match statement.execute(params![tenant, user_id.as_bytes(), address]) {
                Ok(0) => Ok(EmailVerified::Stale),
                Ok(_) => Ok(EmailVerified::Now),
                Err(error) if is_taken(&error) => Ok(EmailVerified::Taken),
                Err(error) => Err(store_error(error)),
            }
        })
        .await
    }

    async fn change_password(
        &self,
        user_id: UserId,
        expected_version: u32,
        hash: &PasswordHash,
        keep: Option<SessionId>,
        now: Timestamp,
    ) -> Result<CredentialChange, StoreError> {
        let hash = hash.clone();
        self.write(move |c, tenant| {
            let changed = execute(
                c,
                "UPDATE users SET password_hash = ?4, credential_version = credential_version + 1,
                     credential_changed_at = ?5
                 WHERE tenant = ?1 AND user_id = ?2 AND credential_version = ?3",
                params![tenant, user_id.as_bytes(), expected_version, hash.as_phc(), now.as_millis()],
            )?;
            if changed == 0 {
                return Ok(CredentialChange::Stale);
            }
            end_sessions(c, tenant, user_id, keep)?;
            Ok(CredentialChange::Now)
        })
        .await
    }

    async fn rehash_password(
        &self,
        user_id: UserId,
        expected_version: u32,
        hash: &PasswordHash,
    ) -> Result<CredentialChange, StoreError> {
        let hash = hash.clone();
        self.write(move |c, tenant| {
            let changed = execute(
                c,
                "UPDATE users SET password_hash = ?4, credential_version = credential_version + 1
                 WHERE tenant = ?1 AND user_id = ?2 AND credential_version = ?3",
                params![tenant, user_id.as_bytes(), expected_version, hash.as_phc()],
            )?;
            Ok(if changed == 0 { CredentialChange::Stale } else { CredentialChange::Now })
        })
        .await
    }

    async fn set_granted_scope(&self, user_id: UserId, scope: &Scope) -> Result<Option<User>, StoreError> {
        let scope = scope.clone();
        self.write(move |c, tenant| {
            let Some(mut user) = find(c, tenant, user_id)? else { return Ok(None) };
            if !user.granted_scope.is_subset(&scope) {
                user.credential.version += 1;
                end_sessions(c, tenant, user_id, None)?;
            }
            user.granted_scope = scope;
            execute(
                c,
                "UPDATE users SET granted_scope = ?3, credential_version = ?4 WHERE tenant = ?1 AND user_id = ?2",
                params![tenant, user_id.as_bytes(), user.granted_scope.as_str(), user.credential.version],
            )?;
            Ok(Some(user))
        })
        .await
    }

    async fn set_user_status(&self, user_id: UserId, status: UserStatus) -> Result<Option<User>, StoreError> {
        self.write(move |c, tenant| {
            let sql = format!(
                "UPDATE users SET status = ?3 WHERE tenant = ?1 AND user_id = ?2 RETURNING {}",
                rows::USER
            );
            let mut statement = c.prepare_cached(&sql).map_err(store_error)?;
            let parameters = params![tenant, user_id.as_bytes(), status_text(status)];
            let user = statement.query_row(parameters, rows::user).optional().map_err(store_error)?;
            if status == UserStatus::Disabled {
                end_sessions(c, tenant, user_id, None)?;
            }
            Ok(user)
        })
        .await
    }

    async fn delete_user(&self, user_id: UserId) -> Result<Option<User>, StoreError> {
        self.write(move |c, tenant| {
            let sql =
                format!("DELETE FROM users WHERE tenant = ?1 AND user_id = ?2 RETURNING {}", rows::USER);
            let mut statement = c.prepare_cached(&sql).map_err(store_error)?;
            let user = statement
                .query_row(params![tenant, user_id.as_bytes()], rows::user)
                .optional()
                .map_err(store_error)?;
            end_sessions(c, tenant, user_id, None)?;
            let sql = "DELETE FROM consents WHERE tenant = ?1 AND user_id = ?2";
            execute(c, sql, params![tenant, user_id.as_bytes()])?;
            Ok(user)
        })
        .await
    }
}

fn find(c: &Connection, tenant: &str, user_id: UserId) -> Result<Option<User>, StoreError> {
    let sql = format!("SELECT {} FROM users WHERE tenant = ?1 AND user_id = ?2", rows::USER);
    let mut statement = c.prepare_cached(&sql).map_err(store_error)?;
    statement.query_row(params![tenant, user_id.as_bytes()], rows::user).optional().map_err(store_error)
}

/// The document of a user's attributes, where there are any.
fn attributes_document(attributes: &Attributes) -> Result<Option<String>, StoreError> {
    if attributes.is_empty() { Ok(None) } else { document::write(attributes).map(Some) }
}

fn insert(c: &Connection, tenant: &str, user: &User, attributes: Option<&str>) -> rusqlite::Result<()> {
    let email = user.email.as_ref();
    c.prepare_cached(
        "INSERT INTO users (tenant, user_id, username, username_canonical, email, email_canonical, email_verified,
             name, locale, granted_scope, status, created_at, password_hash, credential_version, credential_changed_at,
             attributes_document)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?
    .execute(params![
        tenant,
        user.user_id.as_bytes(),
        user.username.as_str(),
        user.username.canonical(),
        email.map(|email| email.address.as_str()),
        email.map(|email| email.address.canonical()),
        email.is_some_and(|email| email.verified),
        user.name,
        user.locale,
        user.granted_scope.as_str(),
        status_text(user.status),
        user.created_at.as_millis(),
        user.credential.password_hash.as_phc(),
        user.credential.version,
        user.credential.changed_at.as_millis(),
        attributes,
    ])
    .map(drop)
}

fn status_text(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => "active",
        UserStatus::Disabled => "disabled",
    }
}

/// Whether a unique index refused the row.
fn is_taken(error: &rusqlite::Error) -> bool {
    // Any other constraint that refuses a row is damage, and no name that somebody has.
    let code = error.sqlite_error().map(|error| error.extended_code);
    code.is_some_and(|code| [SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY].contains(&code))
}

/// Runs a statement; how many rows it changed.
pub(crate) fn execute(
    c: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<usize, StoreError> {
    c.prepare_cached(sql).and_then(|mut statement| statement.execute(parameters)).map_err(store_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v58_only_a_row_that_is_there_is_somebody_elses() {
        let c = Connection::open_in_memory().unwrap();
        c.execute_batch(
            "CREATE TABLE t (k TEXT PRIMARY KEY, u TEXT UNIQUE, n TEXT NOT NULL CHECK (n <> 'x'));
             INSERT INTO t VALUES ('a', 'a', 'a')",
        )
        .unwrap();
        for (row, expected) in [
            ("('a', 'b', 'b')", true),
            ("('b', 'a', 'b')", true),
            ("('b', 'b', NULL)", false),
            ("('b', 'b', 'x')", false),
        ] {
            let error = c.execute(&format!("INSERT INTO t VALUES {row}"), []).unwrap_err();
            assert_eq!(is_taken(&error), expected, "{row}");
        }
    }
}
