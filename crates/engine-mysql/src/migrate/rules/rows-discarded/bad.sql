-- only mariadb
CREATE TABLE users (id int PRIMARY KEY, email varchar(50));
INSERT INTO users VALUES (1, 'a'), (2, 'a');
-- migration
ALTER IGNORE TABLE users ADD UNIQUE (email);
