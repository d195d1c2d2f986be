-- What a database of 15 or later begins with, written out for older ones; the one role that deploys has its own grant.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO pg_monitor;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
