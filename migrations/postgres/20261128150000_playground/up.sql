-- For some minutes the console's playground acts in a client's name: with a redirect URI of our own and a secret of its own.
CREATE TABLE playground_runs (
    id                 TEXT   NOT NULL PRIMARY KEY,
    client_id          TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    resource_owner_id  TEXT   NOT NULL REFERENCES resource_owners (id) ON DELETE CASCADE,
    redirect_uri       TEXT   NOT NULL,
    secret_digest      BYTEA  NOT NULL,
    created_at         BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL
);
CREATE INDEX playground_runs_by_client ON playground_runs (client_id);
CREATE INDEX playground_runs_by_owner ON playground_runs (resource_owner_id);
CREATE INDEX playground_runs_by_expiry ON playground_runs (expires_at);
