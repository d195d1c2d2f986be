CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT);
CREATE TABLE empty (id INTEGER PRIMARY KEY, state TEXT);
-- migration
CREATE INDEX empty_state ON empty (state);
CREATE TABLE fresh (id INTEGER PRIMARY KEY, state TEXT);
CREATE INDEX fresh_state ON fresh (state);
