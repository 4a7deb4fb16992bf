-- Sessions in the order of the console's list, also when very many end in the same second.
DROP INDEX CONCURRENTLY IF EXISTS browser_sessions_by_end;
CREATE INDEX CONCURRENTLY browser_sessions_by_end ON browser_sessions (idle_expires_at, id);
DROP INDEX CONCURRENTLY IF EXISTS browser_sessions_by_expiry;
