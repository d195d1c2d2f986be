CREATE TABLE orders (id INTEGER PRIMARY KEY);
-- migration
CREATE TABLE archive AS SELECT * FROM orders;
