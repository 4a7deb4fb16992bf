DROP TABLE client_logos;
ALTER TABLE clients DROP COLUMN logo;
