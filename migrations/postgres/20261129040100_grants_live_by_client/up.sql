-- What a client was given and has still, without going past what was revoked.
DROP INDEX CONCURRENTLY IF EXISTS grants_live_by_client;
CREATE INDEX CONCURRENTLY grants_live_by_client ON grants (client_id, created_at, id) WHERE revoked_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS grants_by_client;
