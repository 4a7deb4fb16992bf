-- The claims about the user that a scope opens, separated by a space (OpenID Connect Core §5.4).
ALTER TABLE scopes ADD COLUMN claims TEXT NOT NULL DEFAULT '';

INSERT INTO scopes (name, description, is_default, is_builtin, claims, created_at) VALUES
    ('openid',  'Confirm who you are',        TRUE, TRUE, 'sub', 0),
    ('profile', 'See your profile',           TRUE, TRUE, 'name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo locale updated_at', 0),
    ('email',   'See your e-mail address',    TRUE, TRUE, 'email email_verified', 0),
    ('phone',   'See your phone number',      TRUE, TRUE, 'phone_number phone_number_verified', 0),
    ('address', 'See your postal address',    TRUE, TRUE, 'address', 0)
ON CONFLICT (name) DO UPDATE SET is_builtin = TRUE, claims = excluded.claims;

UPDATE scopes SET is_default = TRUE WHERE name = 'offline_access';

-- The claims that were asked for and allowed one by one, separated by a space (OpenID Connect Core §5.5).
ALTER TABLE consents ADD COLUMN claims TEXT NOT NULL DEFAULT '';

-- Who must be told when a session ends: the clients that got an ID token in it and have a logout URI.
CREATE TABLE session_clients (
    session_id         TEXT   NOT NULL,
    client_id          TEXT   NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    resource_owner_id  TEXT   NOT NULL,
    expires_at         BIGINT NOT NULL,
    PRIMARY KEY (session_id, client_id)
);
CREATE INDEX session_clients_by_client ON session_clients (client_id);
CREATE INDEX session_clients_by_owner ON session_clients (resource_owner_id);
CREATE INDEX session_clients_by_expiry ON session_clients (expires_at);

CREATE INDEX grants_by_session ON grants (session_id);
