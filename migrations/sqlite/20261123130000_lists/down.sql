DROP INDEX grants_live_by_creation;
ALTER TABLE client_secrets DROP COLUMN number;
DROP TABLE client_scopes;
ALTER TABLE resource_owners DROP COLUMN name_key;
ALTER TABLE clients DROP COLUMN name_key;
