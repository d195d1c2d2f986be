CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT);
INSERT INTO users VALUES (1, 'a@b');
-- migration
CREATE TABLE posts (id INTEGER PRIMARY KEY, author TEXT REFERENCES users (mail));
-- claim: fails foreign key mismatch
INSERT INTO posts VALUES (1, 'a@b');
