ALTER TABLE client_secrets DROP COLUMN last_used_address;
ALTER TABLE client_secrets DROP COLUMN first_used_at;
