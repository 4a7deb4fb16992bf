DROP INDEX grants_by_client_use;
DROP INDEX clients_search;
DROP INDEX resource_owners_search;
DROP INDEX clients_by_name;
DROP INDEX resource_owners_by_name;
DROP INDEX resource_owners_by_email;
DROP INDEX resource_owners_by_username;
