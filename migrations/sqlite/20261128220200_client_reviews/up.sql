-- How each client stands in the security review, to list the worst first: made anew by a job when the client was changed and
-- once a day. `changes` counts what was changed, so that a review of what was before does not count as one of what is now.
CREATE TABLE client_reviews (
    client_id        TEXT    NOT NULL PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    score            BIGINT  NOT NULL,
    needs_attention  BOOLEAN NOT NULL,
    changes          BIGINT  NOT NULL,
    reviewed_at      BIGINT  NOT NULL
);
CREATE INDEX client_reviews_by_score ON client_reviews (score, client_id);
CREATE INDEX client_reviews_by_time ON client_reviews (reviewed_at);
CREATE INDEX client_reviews_bad ON client_reviews (client_id) WHERE needs_attention;
INSERT INTO client_reviews (client_id, score, needs_attention, changes, reviewed_at)
    SELECT id, 101, FALSE, 1, 0 FROM clients;
