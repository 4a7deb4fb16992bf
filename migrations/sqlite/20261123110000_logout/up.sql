-- Requests of clients to sign somebody out, which wait for that person (OpenID Connect RP-Initiated Logout).
CREATE TABLE logout_requests (
    id          TEXT   NOT NULL PRIMARY KEY,
    browser     TEXT,
    request     TEXT   NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX logout_requests_by_expiry ON logout_requests (expires_at);

-- What clients are told of sessions that ended (OpenID Connect Back-Channel Logout). It outlives session and user.
-- An attempt under way moves next_attempt_at to when another process may take over; it is NULL when nothing is left to do.
CREATE TABLE logout_deliveries (
    id                 TEXT    NOT NULL PRIMARY KEY,
    client_id          TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    resource_owner_id  TEXT    NOT NULL,
    session_id         TEXT    NOT NULL,
    attempts           INTEGER NOT NULL,
    last_error         TEXT,
    created_at         BIGINT  NOT NULL,
    next_attempt_at    BIGINT,
    finished_at        BIGINT
);
CREATE INDEX logout_deliveries_by_client ON logout_deliveries (client_id);
CREATE INDEX logout_deliveries_by_session ON logout_deliveries (session_id);
CREATE INDEX logout_deliveries_by_creation ON logout_deliveries (created_at, id);
CREATE INDEX logout_deliveries_by_next_attempt ON logout_deliveries (next_attempt_at);
CREATE INDEX logout_deliveries_by_finish ON logout_deliveries (finished_at);
