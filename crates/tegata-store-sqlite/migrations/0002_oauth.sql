-- The OpenID Provider. Documents are JSON; the core alone looks into them.

-- What a session is to OAuth; absent for a login of the application itself.
ALTER TABLE sessions ADD COLUMN grant_document TEXT;

CREATE TABLE clients (
    tenant    TEXT NOT NULL,
    client_id TEXT NOT NULL,
    version   INTEGER NOT NULL,
    document  TEXT NOT NULL, -- secrets in it are hashed
    PRIMARY KEY (tenant, client_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE consents (
    tenant    TEXT NOT NULL,
    user_id   BLOB NOT NULL,
    client_id TEXT NOT NULL,
    document  TEXT NOT NULL,
    PRIMARY KEY (tenant, user_id, client_id)
) STRICT, WITHOUT ROWID;

-- Codes and other things that are used once, under a hash of their secret.
CREATE TABLE transients (
    tenant     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    hash       BLOB NOT NULL,
    version    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    document   TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
    tenant     TEXT NOT NULL,
    notice_id  BLOB NOT NULL,
    client_id  TEXT NOT NULL,
    user_id    BLOB NOT NULL,
    session_id BLOB NOT NULL,
    attempts   INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, notice_id)
) STRICT, WITHOUT ROWID;
