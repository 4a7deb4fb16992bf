-- Devices that wait for a person (RFC 8628): digests of both codes, and the validated request.
CREATE TABLE device_authorizations (
    digest      BLOB    NOT NULL PRIMARY KEY,
    user_code   BLOB    NOT NULL,
    client_id   TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    request     TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    browser     TEXT,
    pace        BIGINT  NOT NULL,
    polled_at   BIGINT,
    created_at  BIGINT  NOT NULL,
    expires_at  BIGINT  NOT NULL
);
CREATE UNIQUE INDEX device_authorizations_by_user_code ON device_authorizations (user_code);
CREATE INDEX device_authorizations_by_client ON device_authorizations (client_id);
CREATE INDEX device_authorizations_by_expiry ON device_authorizations (expires_at);
