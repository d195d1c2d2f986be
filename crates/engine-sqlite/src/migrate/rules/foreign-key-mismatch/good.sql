CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT);
INSERT INTO users VALUES (1, 'a@b');
-- migration
CREATE TABLE posts (id INTEGER PRIMARY KEY, author TEXT REFERENCES users (mail));
CREATE UNIQUE INDEX users_mail ON users (mail);
CREATE INDEX posts_author ON posts (author);
INSERT INTO posts VALUES (1, 'a@b');
