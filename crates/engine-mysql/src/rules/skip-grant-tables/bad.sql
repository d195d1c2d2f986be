-- MySQL takes no connections over the network in that state, by which tests see that it is up.
-- only mariadb
-- server: skip-grant-tables
SELECT 1;
