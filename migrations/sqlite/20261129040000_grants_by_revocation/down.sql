DROP INDEX grants_by_revocation;
