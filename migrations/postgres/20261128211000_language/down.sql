ALTER TABLE resource_owners DROP COLUMN language;
