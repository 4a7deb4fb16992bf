DROP TABLE logout_deliveries;
DROP TABLE logout_requests;
