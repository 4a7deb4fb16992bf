-- Of the pages when somebody last signed in, in a browser of theirs.
ALTER TABLE resource_owners ADD COLUMN language TEXT;
