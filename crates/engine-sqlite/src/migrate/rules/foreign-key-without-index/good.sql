CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
INSERT INTO users VALUES (1, 'Ann');
-- migration
CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id), title TEXT);
CREATE INDEX posts_author ON posts (author, title);
CREATE TABLE profiles (user_id INTEGER PRIMARY KEY REFERENCES users (id), text TEXT);
CREATE TABLE likes (user_id INTEGER REFERENCES users (id), post_id INTEGER REFERENCES posts (id), UNIQUE (user_id, post_id));
CREATE INDEX likes_post ON likes (post_id);
CREATE TABLE fresh (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id));
ALTER TABLE fresh RENAME TO notes;
CREATE INDEX notes_author ON notes (author);
