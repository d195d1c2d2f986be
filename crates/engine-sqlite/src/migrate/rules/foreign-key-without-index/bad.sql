CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
INSERT INTO users VALUES (1, 'Ann');
INSERT INTO orders VALUES (1, 5), (2, 7);
-- migration
-- claim: after SELECT count(*) FROM pragma_index_list('posts') = 0
CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id), title TEXT);
ALTER TABLE orders ADD COLUMN user_id INTEGER REFERENCES users (id);
