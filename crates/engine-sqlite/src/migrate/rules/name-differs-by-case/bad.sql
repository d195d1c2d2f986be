CREATE TABLE users (id INTEGER PRIMARY KEY);
-- migration
-- claim: fails already exists
CREATE TABLE "Users" (id INTEGER PRIMARY KEY, mail TEXT);
-- claim: after SELECT count(*) FROM pragma_table_info('users') = 1
CREATE TABLE IF NOT EXISTS "USERS" (id INTEGER PRIMARY KEY, mail TEXT);
