-- Identifiers (jti) of JWTs that count once, until the JWT would be refused for its age. The digest is over signer and
-- identifier: two clients may have the same one.
CREATE TABLE used_jtis (
    digest      BLOB   NOT NULL PRIMARY KEY,
    expires_at  BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX used_jtis_by_expiry ON used_jtis (expires_at);
