DROP INDEX grants_by_session;
DROP TABLE session_clients;
UPDATE scopes SET is_default = FALSE WHERE name = 'offline_access';
DELETE FROM scopes WHERE name IN ('openid', 'profile', 'email', 'phone', 'address');
ALTER TABLE scopes DROP COLUMN claims;
