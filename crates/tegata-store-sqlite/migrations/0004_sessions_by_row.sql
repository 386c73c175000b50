-- Sessions are wide, and a table without row ids keeps whole rows in every level of its tree: six to a page, so it is deep, and
-- new sessions, whose ids are random, each change another page. With row ids new ones lie side by side, and only the narrow
-- index of the key is random. A rotation still writes one page.
ALTER TABLE sessions RENAME TO sessions_before;

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
    grant_document      TEXT, -- JSON; what the session is to OAuth
    PRIMARY KEY (tenant, user_id, session_id)
) STRICT;

INSERT INTO sessions SELECT
    tenant, user_id, session_id, generation, current_hash, previous_hash, rotated_at, idle_expires_at, absolute_expires_at,
    username, client_id, scope, amr, auth_time, user_agent, address, grant_document
FROM sessions_before;

DROP TABLE sessions_before;
