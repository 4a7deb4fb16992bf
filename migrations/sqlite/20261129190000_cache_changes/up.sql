-- The client that a number of `cache_generation` stands for, where one client changed: memory forgets that one alone. A number
-- without a row stands for any change. As many rows as the program keeps, and a client in them may be gone.
CREATE TABLE cache_changes (
    generation  INTEGER NOT NULL PRIMARY KEY,
    client_id   TEXT    NOT NULL
);
