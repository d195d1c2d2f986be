CREATE TABLE users (id int PRIMARY KEY, email varchar(50));
INSERT INTO users VALUES (1, 'a'), (2, 'b');
-- migration
ALTER TABLE users ADD UNIQUE (email);
ALTER TABLE users ADD COLUMN `ignore table` int;
