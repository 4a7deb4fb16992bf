DROP TABLE active_users;
DROP TABLE counts;
