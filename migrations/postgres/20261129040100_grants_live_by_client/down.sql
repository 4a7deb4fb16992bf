CREATE INDEX grants_by_client ON grants (client_id, created_at);
DROP INDEX grants_live_by_client;
