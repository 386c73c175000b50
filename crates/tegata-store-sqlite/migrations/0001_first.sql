-- Keys start with the tenant. Times are milliseconds since the Unix epoch, ids and hashes are bytes.

CREATE TABLE users (
    tenant                TEXT NOT NULL,
    user_id               BLOB NOT NULL,
    username              TEXT NOT NULL,
    username_canonical    TEXT NOT NULL,
    email                 TEXT,
    email_canonical       TEXT,
    email_verified        INTEGER NOT NULL,
    name                  TEXT,
    locale                TEXT,
    granted_scope         TEXT NOT NULL,
    status                TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    created_at            INTEGER NOT NULL,
    password_hash         TEXT NOT NULL,
    credential_version    INTEGER NOT NULL,
    credential_changed_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, user_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX users_by_username ON users (tenant, username_canonical);

-- An address is unique once its owner has proved it; until then it is a note.
CREATE UNIQUE INDEX users_by_verified_email ON users (tenant, email_canonical) WHERE email_verified = 1;

-- No index but the key: a rotation writes one page.
CREATE TABLE sessions (
    tenant              TEXT NOT NULL,
    user_id             BLOB NOT NULL,
    session_id          BLOB NOT NULL,
    generation          INTEGER NOT NULL,
    current_hash        BLOB NOT NULL,
    previous_hash       BLOB,
    rotated_at          INTEGER NOT NULL,
    idle_expires_at     INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    username            TEXT NOT NULL,
    client_id           TEXT NOT NULL,
    scope               TEXT NOT NULL,
    amr                 TEXT NOT NULL, -- separated by spaces
    auth_time           INTEGER NOT NULL,
    user_agent          TEXT,
    address             TEXT,
    PRIMARY KEY (tenant, user_id, session_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
    tenant        TEXT NOT NULL,
    attempt_key   BLOB NOT NULL,
    attempts      INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    PRIMARY KEY (tenant, attempt_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE key_sets (
    tenant   TEXT NOT NULL PRIMARY KEY,
    version  INTEGER NOT NULL,
    document TEXT NOT NULL -- JSON; private keys in it are sealed
) STRICT, WITHOUT ROWID;
