-- Sessions in the order of the console's list, also when very many end in the same second.
CREATE INDEX browser_sessions_by_end ON browser_sessions (idle_expires_at, id);
DROP INDEX browser_sessions_by_expiry;
