-- What happened to an account, for its owner: sign-ins, sessions, the password, what applications were allowed.
CREATE TABLE account_events (
    id                 INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    resource_owner_id  TEXT   NOT NULL REFERENCES resource_owners (id) ON DELETE CASCADE,
    at                 BIGINT NOT NULL,
    kind               TEXT   NOT NULL,
    client_id          TEXT,
    address            TEXT   NOT NULL,
    user_agent         TEXT   NOT NULL,
    detail             TEXT   NOT NULL
);
CREATE INDEX account_events_by_owner ON account_events (resource_owner_id, id);
CREATE INDEX account_events_by_client ON account_events (resource_owner_id, client_id, id);
CREATE INDEX account_events_by_address ON account_events (resource_owner_id, address);
CREATE INDEX account_events_by_time ON account_events (at);
