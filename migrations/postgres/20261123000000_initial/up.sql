-- Times are seconds since the Unix epoch. Secrets appear as SHA-256 digests only.

-- One row: counts the changes to what servers keep in memory.
CREATE TABLE cache_generation (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    value  BIGINT  NOT NULL
);
INSERT INTO cache_generation (id, value) VALUES (1, 1);

CREATE TABLE settings (
    name   TEXT NOT NULL PRIMARY KEY,
    value  TEXT NOT NULL
);

CREATE TABLE leases (
    name    TEXT   NOT NULL PRIMARY KEY,
    holder  TEXT   NOT NULL,
    until   BIGINT NOT NULL
);

CREATE TABLE signing_keys (
    kid           TEXT   NOT NULL PRIMARY KEY,
    algorithm     TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    sealed        BYTEA   NOT NULL,
    created_at    BIGINT NOT NULL,
    activated_at  BIGINT,
    retiring_at   BIGINT,
    retired_at    BIGINT
);

CREATE TABLE scopes (
    name         TEXT    NOT NULL PRIMARY KEY,
    description  TEXT    NOT NULL,
    is_default   BOOLEAN NOT NULL,
    is_builtin   BOOLEAN NOT NULL,
    created_at   BIGINT  NOT NULL
);

CREATE TABLE resources (
    uri            TEXT   NOT NULL PRIMARY KEY,
    name           TEXT   NOT NULL,
    scope          TEXT,
    token_format   TEXT,
    introspected_by TEXT  NOT NULL,
    created_at     BIGINT NOT NULL
);

CREATE TABLE clients (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    origin       TEXT    NOT NULL,
    metadata     TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL,
    disabled_at  BIGINT,
    version      INTEGER NOT NULL
);
CREATE INDEX clients_by_creation ON clients (created_at, id);

CREATE TABLE client_secrets (
    id            TEXT   NOT NULL PRIMARY KEY,
    client_id     TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    digest        BYTEA   NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT,
    last_used_at  BIGINT
);
CREATE INDEX client_secrets_by_client ON client_secrets (client_id);

CREATE TABLE resource_owners (
    id                   TEXT    NOT NULL PRIMARY KEY,
    username             TEXT    NOT NULL,
    username_key         TEXT    NOT NULL UNIQUE,
    email                TEXT,
    email_key            TEXT    UNIQUE,
    name                 TEXT,
    password_hash        TEXT,
    role                 TEXT    NOT NULL,
    claims               TEXT    NOT NULL,
    created_at           BIGINT  NOT NULL,
    updated_at           BIGINT  NOT NULL,
    disabled_at          BIGINT,
    password_changed_at  BIGINT,
    last_login_at        BIGINT,
    version              INTEGER NOT NULL
);

CREATE TABLE one_time_links (
    digest             BYTEA   NOT NULL PRIMARY KEY,
    purpose            TEXT   NOT NULL,
    resource_owner_id  TEXT   REFERENCES resource_owners (id) ON DELETE CASCADE,
    created_at         BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL
);
CREATE INDEX one_time_links_by_expiry ON one_time_links (expires_at);
CREATE INDEX one_time_links_by_owner ON one_time_links (resource_owner_id);

CREATE TABLE browser_sessions (
    digest             BYTEA   NOT NULL PRIMARY KEY,
    id                 TEXT   NOT NULL UNIQUE,
    resource_owner_id  TEXT   REFERENCES resource_owners (id) ON DELETE CASCADE,
    state              TEXT   NOT NULL,
    user_agent         TEXT   NOT NULL,
    address            TEXT   NOT NULL,
    created_at         BIGINT NOT NULL,
    last_seen_at       BIGINT NOT NULL,
    idle_expires_at    BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL
);
CREATE INDEX browser_sessions_by_owner ON browser_sessions (resource_owner_id);
CREATE INDEX browser_sessions_by_expiry ON browser_sessions (idle_expires_at);

CREATE TABLE consents (
    resource_owner_id  TEXT   NOT NULL REFERENCES resource_owners (id) ON DELETE CASCADE,
    client_id          TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scope              TEXT   NOT NULL,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    PRIMARY KEY (resource_owner_id, client_id)
);
CREATE INDEX consents_by_client ON consents (client_id);

CREATE TABLE authorization_requests (
    id          TEXT   NOT NULL PRIMARY KEY,
    client_id   TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    browser     TEXT,
    request     TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX authorization_requests_by_expiry ON authorization_requests (expires_at);
CREATE INDEX authorization_requests_by_client ON authorization_requests (client_id);

-- Codes and tokens name their grant but have no foreign key: without a living grant they are dead, and they leave when
-- they expire, so that deleting a client never has to delete a million rows at once.
CREATE TABLE authorization_codes (
    digest             BYTEA    NOT NULL PRIMARY KEY,
    grant_id           BIGINT  NOT NULL,
    client_id          TEXT    NOT NULL,
    resource_owner_id  TEXT    NOT NULL,
    scope              TEXT    NOT NULL,
    redirect_uri       TEXT    NOT NULL,
    code_challenge     TEXT,
    facts              TEXT    NOT NULL,
    failures           INTEGER NOT NULL,
    created_at         BIGINT  NOT NULL,
    expires_at         BIGINT  NOT NULL,
    redeemed_at        BIGINT
);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

-- A grant of no resource owner is a machine's: one alive for each client.
CREATE TABLE grants (
    id                 BIGINT  NOT NULL PRIMARY KEY,
    client_id          TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    resource_owner_id  TEXT    REFERENCES resource_owners (id) ON DELETE CASCADE,
    session_id         TEXT,
    scope              TEXT    NOT NULL,
    resource           TEXT,
    facts              TEXT    NOT NULL,
    created_at         BIGINT  NOT NULL,
    last_used_at       BIGINT  NOT NULL,
    expires_at         BIGINT,
    revoked_at         BIGINT
);
CREATE INDEX grants_by_owner ON grants (resource_owner_id, client_id);
CREATE INDEX grants_by_client ON grants (client_id, created_at);
CREATE INDEX grants_by_expiry ON grants (expires_at);
CREATE UNIQUE INDEX grants_machine ON grants (client_id) WHERE resource_owner_id IS NULL AND revoked_at IS NULL;

CREATE TABLE access_tokens (
    digest      BYTEA   NOT NULL PRIMARY KEY,
    grant_id    BIGINT NOT NULL,
    scope       TEXT   NOT NULL,
    audience    TEXT,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX access_tokens_by_grant ON access_tokens (grant_id, expires_at);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

CREATE TABLE refresh_tokens (
    digest       BYTEA   NOT NULL PRIMARY KEY,
    grant_id     BIGINT NOT NULL,
    successor    BYTEA,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    rotated_at   BIGINT
);
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

-- JWT access tokens that were revoked before they expire.
CREATE TABLE denied_tokens (
    id          TEXT   NOT NULL PRIMARY KEY,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX denied_tokens_by_expiry ON denied_tokens (expires_at);

CREATE TABLE audit_log (
    id          BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    at          BIGINT  NOT NULL,
    action      TEXT    NOT NULL,
    actor_kind  TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    target      TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    request_id  TEXT    NOT NULL,
    detail      TEXT    NOT NULL
);
CREATE INDEX audit_log_by_time ON audit_log (at);
CREATE INDEX audit_log_by_action ON audit_log (action, id);
CREATE INDEX audit_log_by_actor ON audit_log (actor, id);
CREATE INDEX audit_log_by_target ON audit_log (target, id);

INSERT INTO scopes (name, description, is_default, is_builtin, created_at) VALUES
    ('grantor.clients:read',  'See the registered clients',              FALSE, TRUE, 0),
    ('grantor.clients:write', 'Register, change and delete clients',     FALSE, TRUE, 0),
    ('grantor.scopes:read',   'See the scopes',                          FALSE, TRUE, 0),
    ('grantor.scopes:write',  'Create and delete scopes',                FALSE, TRUE, 0),
    ('grantor.users:read',    'See the users',                           FALSE, TRUE, 0),
    ('grantor.users:write',   'Create, change, disable and delete users', FALSE, TRUE, 0),
    ('grantor.grants:read',   'See who allowed which client what',       FALSE, TRUE, 0),
    ('grantor.grants:write',  'Revoke grants and their tokens',          FALSE, TRUE, 0),
    ('offline_access',        'Stay connected while you are away',       FALSE, TRUE, 0);
