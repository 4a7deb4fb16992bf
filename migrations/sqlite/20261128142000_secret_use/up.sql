-- Since when a client uses a secret, and from where it last did: whether an older one can be deleted.
ALTER TABLE client_secrets ADD COLUMN first_used_at BIGINT;
ALTER TABLE client_secrets ADD COLUMN last_used_address TEXT;
