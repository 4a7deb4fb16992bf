-- What begins with a text is found by these, whatever the database's collation.
CREATE INDEX resource_owners_by_username ON resource_owners (username_key);
CREATE INDEX resource_owners_by_email ON resource_owners (email_key);
CREATE INDEX resource_owners_by_name ON resource_owners (name_key);
CREATE INDEX clients_by_name ON clients (name_key);

-- What holds a text is looked for in these, in the order of the lists, without reading the rows.
CREATE INDEX resource_owners_search ON resource_owners (username_key, email_key, name_key);
CREATE INDEX clients_search ON clients (created_at, id, name_key);

-- When a client last used one of its grants.
CREATE INDEX grants_by_client_use ON grants (client_id, last_used_at);
