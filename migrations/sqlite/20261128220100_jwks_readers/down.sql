DROP INDEX client_secrets_by_address;
DROP TABLE jwks_readers;
