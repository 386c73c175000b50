//! Rows to records. What cannot be read is a damaged record, never a panic and never a guess.

use std::str::FromStr;

use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Params, Row, Statement};
use tegata_core::attributes::Attributes;
use tegata_core::identifier::{SessionId, UserId};
use tegata_core::password::PasswordHash;
use tegata_core::refresh_token::RefreshTokenHash;
use tegata_core::session::{Device, Session};
use tegata_core::store::StoreError;
use tegata_core::timestamp::Timestamp;
use tegata_core::user::{Credential, User, UserEmail, UserStatus};

use crate::document;
use crate::error::store_error;

/// The columns of [`user`], in its order.
pub(crate) const USER: &str = "user_id, username, email, email_verified, name, locale, granted_scope, status, \
                               created_at, password_hash, credential_version, credential_changed_at, attributes_document";

/// The columns of [`session`], in its order.
pub(crate) const SESSION: &str = "user_id, session_id, username, client_id, scope, amr, auth_time, user_agent, address, \
                                  generation, current_hash, previous_hash, rotated_at, idle_expires_at, \
                                  absolute_expires_at, grant_document";

pub(crate) fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    let email = match row.get::<_, Option<String>>(2)? {
        None => None,
        Some(text) => Some(UserEmail { address: parse(2, &text)?, verified: row.get(3)? }),
    };
    let status = match row.get_ref(7)?.as_str()? {
        "active" => UserStatus::Active,
        "disabled" => UserStatus::Disabled,
        _ => return Err(unreadable(7)),
    };
    let attributes = match row.get_ref(12)?.as_str_or_null()? {
        None => Attributes::default(),
        Some(text) => document::column(12, text)?,
    };
    Ok(User {
        user_id: UserId::from_bytes(row.get(0)?),
        username: parse(1, row.get_ref(1)?.as_str()?)?,
        email,
        name: row.get(4)?,
        locale: row.get(5)?,
        attributes,
        granted_scope: parse(6, row.get_ref(6)?.as_str()?)?,
        status,
        created_at: time(row, 8)?,
        credential: Credential {
            password_hash: PasswordHash::from_phc(row.get::<_, String>(9)?),
            version: row.get(10)?,
            changed_at: time(row, 11)?,
        },
    })
}

pub(crate) fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    let address = match row.get_ref(8)?.as_str_or_null()? {
        None => None,
        Some(text) => Some(parse(8, text)?),
    };
    let grant = match row.get_ref(15)?.as_str_or_null()? {
        None => None,
        Some(text) => Some(document::column(15, text)?),
    };
    Ok(Session {
        grant,
        user_id: UserId::from_bytes(row.get(0)?),
        session_id: SessionId::from_bytes(row.get(1)?),
        username: parse(2, row.get_ref(2)?.as_str()?)?,
        client_id: row.get(3)?,
        scope: parse(4, row.get_ref(4)?.as_str()?)?,
        amr: row.get_ref(5)?.as_str()?.split_whitespace().map(str::to_owned).collect(),
        auth_time: time(row, 6)?,
        device: Device { user_agent: row.get(7)?, address },
        generation: row.get(9)?,
        current_hash: RefreshTokenHash::from_bytes(row.get(10)?),
        previous_hash: row.get::<_, Option<[u8; 32]>>(11)?.map(RefreshTokenHash::from_bytes),
        rotated_at: time(row, 12)?,
        idle_expires_at: time(row, 13)?,
        absolute_expires_at: time(row, 14)?,
    })
}

/// All rows of a query.
pub(crate) fn collect<T>(
    statement: &mut Statement<'_>,
    parameters: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    statement.query_map(parameters, read).and_then(Iterator::collect).map_err(store_error)
}

pub(crate) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

pub(crate) fn parse<T: FromStr>(column: usize, text: &str) -> rusqlite::Result<T> {
    text.parse().map_err(|_| unreadable(column))
}

/// The error names the column and not what is in it.
fn unreadable(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, FromSqlError::InvalidType.into())
}
