-- Names as they are searched for, whatever their case: written by the program, because the databases do not agree on what
-- the lower case of a letter beyond ASCII is.
ALTER TABLE clients ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE clients SET name_key = lower(name);
ALTER TABLE resource_owners ADD COLUMN name_key TEXT;
UPDATE resource_owners SET name_key = lower(name);

-- Which clients name which scope, as their metadata says: to count and to list them without reading every registration.
CREATE TABLE client_scopes (
    client_id  TEXT  NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scope      TEXT  NOT NULL,
    PRIMARY KEY (client_id, scope)
);
CREATE INDEX client_scopes_by_scope ON client_scopes (scope, client_id);
INSERT INTO client_scopes (client_id, scope)
    SELECT DISTINCT clients.id, named.value
    FROM clients, json_each('["' || replace(json_extract(clients.metadata, '$.scope'), ' ', '","') || '"]') AS named
    WHERE json_extract(clients.metadata, '$.scope') IS NOT NULL AND named.value <> '';

-- Secrets in the order in which they were made, also within one second.
ALTER TABLE client_secrets ADD COLUMN number INTEGER NOT NULL DEFAULT 0;

CREATE INDEX grants_live_by_creation ON grants (created_at, id) WHERE revoked_at IS NULL;
