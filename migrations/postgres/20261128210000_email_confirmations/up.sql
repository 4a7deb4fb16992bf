-- Addresses that their accounts' owners have yet to confirm: a new one, or the one that the account has.
CREATE TABLE email_confirmations (
    resource_owner_id  TEXT    NOT NULL PRIMARY KEY REFERENCES resource_owners (id) ON DELETE CASCADE,
    address            TEXT    NOT NULL,
    created_at         BIGINT  NOT NULL,
    expires_at         BIGINT  NOT NULL
);
CREATE INDEX email_confirmations_by_expiry ON email_confirmations (expires_at);
-- The address that a link confirms, or that it was sent to.
ALTER TABLE one_time_links ADD COLUMN address TEXT;
