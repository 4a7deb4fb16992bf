DELETE FROM scopes WHERE name = 'grantor.requests:read';
DROP TABLE client_traffic;
DROP TABLE request_log;
