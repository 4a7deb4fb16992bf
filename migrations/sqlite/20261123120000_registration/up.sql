-- Initial access tokens (RFC 7591 §3): who has one may register clients.
CREATE TABLE registration_tokens (
    id              TEXT    NOT NULL PRIMARY KEY,
    digest          BLOB    NOT NULL UNIQUE,
    note            TEXT    NOT NULL,
    remaining_uses  INTEGER NOT NULL,
    created_at      BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL
);
CREATE INDEX registration_tokens_by_expiry ON registration_tokens (expires_at);

-- Clients that registered themselves: the digest of their registration access token (RFC 7592), the initial access token
-- that vouched for them, and until when somebody must have consented to them.
CREATE TABLE self_registrations (
    client_id   TEXT   NOT NULL PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    digest      BLOB   NOT NULL,
    vouched_by  TEXT,
    expires_at  BIGINT
);
CREATE INDEX self_registrations_by_expiry ON self_registrations (expires_at);
