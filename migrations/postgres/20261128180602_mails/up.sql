-- Letters to users, until a mail server has them. What opens something is not in here: it is made when a letter is sent.
CREATE TABLE mails (
    id                 TEXT    NOT NULL PRIMARY KEY,
    resource_owner_id  TEXT    NOT NULL REFERENCES resource_owners (id) ON DELETE CASCADE,
    kind               TEXT    NOT NULL,
    address            TEXT    NOT NULL,
    detail             TEXT    NOT NULL,
    attempts           INTEGER NOT NULL,
    last_error         TEXT,
    created_at         BIGINT  NOT NULL,
    next_attempt_at    BIGINT,
    finished_at        BIGINT
);
CREATE INDEX mails_by_owner ON mails (resource_owner_id);
CREATE INDEX mails_by_creation ON mails (created_at, id);
CREATE INDEX mails_due ON mails (next_attempt_at);
CREATE INDEX mails_by_end ON mails (finished_at);
