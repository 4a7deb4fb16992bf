-- The audit log as a chain: each link holds the hash, keyed with the server's secret, of its entry and of the link before.
-- A job makes the links a moment after the entries, so that writing an entry waits for nobody.
CREATE TABLE audit_links (
    position  BIGINT NOT NULL PRIMARY KEY,
    entry_id  BIGINT NOT NULL,
    hash      BYTEA NOT NULL
);
CREATE UNIQUE INDEX audit_links_by_entry ON audit_links (entry_id);

-- Where the chain begins (`first`: what is older was deleted for its age) and ends (`last`), sealed with the same key;
-- without a seal it has not begun. And up to which entry none is on its way to the log any more (`settled`).
CREATE TABLE audit_marks (
    name      TEXT   NOT NULL PRIMARY KEY,
    position  BIGINT NOT NULL,
    entry_id  BIGINT NOT NULL,
    hash      BYTEA NOT NULL,
    at        BIGINT NOT NULL,
    seal      BYTEA NOT NULL
);
INSERT INTO audit_marks (name, position, entry_id, hash, at, seal) VALUES
    ('first',   0, 0, '', 0, ''),
    ('last',    0, 0, '', 0, ''),
    ('settled', 0, 0, '', 0, '');

CREATE INDEX audit_log_by_address ON audit_log (address, id);

INSERT INTO scopes (name, description, is_default, is_builtin, claims, created_at) VALUES
    ('grantor.audit-log:read', 'Read the audit log', FALSE, TRUE, '', 0)
ON CONFLICT (name) DO UPDATE SET is_builtin = TRUE;
