-- The picture of a client, which an admin uploaded: users' browsers never ask the client's own server for one. A file is
-- named for what is in it; the client says the name, so that nothing more is read where it is shown.
ALTER TABLE clients ADD COLUMN logo TEXT;
CREATE TABLE client_logos (
    client_id  TEXT NOT NULL PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    file       TEXT NOT NULL,
    bytes      BYTEA NOT NULL
);
CREATE INDEX client_logos_by_file ON client_logos (file);
