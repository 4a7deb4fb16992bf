DROP TABLE client_reviews;
