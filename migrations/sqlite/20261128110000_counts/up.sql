-- What happened, by hour (span 3600) and by day (span 86400), of all processes together.
CREATE TABLE counts (
    span   BIGINT NOT NULL,
    since  BIGINT NOT NULL,
    name   TEXT   NOT NULL,
    label  TEXT   NOT NULL,
    count  BIGINT NOT NULL,
    PRIMARY KEY (span, since, name, label)
);

-- The last day on which somebody did something.
CREATE TABLE active_users (
    resource_owner_id  TEXT   NOT NULL PRIMARY KEY REFERENCES resource_owners (id) ON DELETE CASCADE,
    last_day           BIGINT NOT NULL
);
CREATE INDEX active_users_by_day ON active_users (last_day);
