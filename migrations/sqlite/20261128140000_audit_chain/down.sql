DELETE FROM scopes WHERE name = 'grantor.audit-log:read';
DROP INDEX audit_log_by_address;
DROP TABLE audit_marks;
DROP TABLE audit_links;
