-- Revoked grants in the order in which they are swept.
DROP INDEX CONCURRENTLY IF EXISTS grants_by_revocation;
CREATE INDEX CONCURRENTLY grants_by_revocation ON grants (revoked_at) WHERE revoked_at IS NOT NULL;
