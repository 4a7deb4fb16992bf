CREATE INDEX browser_sessions_by_expiry ON browser_sessions (idle_expires_at);
DROP INDEX browser_sessions_by_end;
