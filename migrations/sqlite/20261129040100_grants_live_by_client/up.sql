-- What a client was given and has still, without going past what was revoked.
CREATE INDEX grants_live_by_client ON grants (client_id, created_at, id) WHERE revoked_at IS NULL;
DROP INDEX grants_by_client;
