-- Identifiers (jti) of JWTs that count once, until the JWT would be refused for its age. The digest is over signer and
-- identifier: two clients may have the same one.
CREATE TABLE used_jtis (
    digest      BYTEA  NOT NULL PRIMARY KEY,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX used_jtis_by_expiry ON used_jtis (expires_at);
