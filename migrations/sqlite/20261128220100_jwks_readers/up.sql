-- Who fetched the key set: programs by address and user agent, since that takes no name. As many rows as the program keeps.
CREATE TABLE jwks_readers (
    address     TEXT   NOT NULL,
    user_agent  TEXT   NOT NULL,
    first_at    BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    PRIMARY KEY (address, user_agent)
);
CREATE INDEX jwks_readers_by_time ON jwks_readers (last_at);

-- Which clients are at an address.
CREATE INDEX client_secrets_by_address ON client_secrets (last_used_address);
