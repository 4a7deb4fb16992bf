ALTER TABLE one_time_links DROP COLUMN address;
DROP TABLE email_confirmations;
