-- What became of requests to the protocol's endpoints: a ring that the program keeps to a size and an age. No secret, code
-- or token in it, and no name of a person. The client may be gone by now, so nothing refers to it.
CREATE TABLE request_log (
    id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at            BIGINT   NOT NULL,
    request_id    TEXT     NOT NULL,
    endpoint      TEXT     NOT NULL,
    client_id     TEXT,
    client_name   TEXT     NOT NULL,
    flow          TEXT     NOT NULL,
    proof         TEXT     NOT NULL,
    outcome       TEXT     NOT NULL,
    is_failure    BOOLEAN  NOT NULL,
    failed_check  TEXT,
    owner_id      TEXT,
    address       TEXT     NOT NULL,
    duration_us   BIGINT   NOT NULL,
    detail        TEXT     NOT NULL
);
CREATE INDEX request_log_by_request ON request_log (request_id);
CREATE INDEX request_log_by_client ON request_log (client_id, id);
CREATE INDEX request_log_by_endpoint ON request_log (endpoint, id);
CREATE INDEX request_log_by_failure ON request_log (is_failure, id);
CREATE INDEX request_log_by_outcome ON request_log (outcome, id);

-- What each client makes use of, counted: scopes, redirect URIs, grant types, PKCE. As many rows as it is registered for.
CREATE TABLE client_traffic (
    client_id  TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    count      BIGINT  NOT NULL,
    first_at   BIGINT  NOT NULL,
    last_at    BIGINT  NOT NULL,
    PRIMARY KEY (client_id, kind, name)
);

INSERT INTO scopes (name, description, is_default, is_builtin, created_at)
    SELECT 'grantor.requests:read', 'See what became of requests', FALSE, TRUE, 0
    WHERE NOT EXISTS (SELECT 1 FROM scopes WHERE name = 'grantor.requests:read');
