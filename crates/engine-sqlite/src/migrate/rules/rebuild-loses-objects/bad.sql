CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, total REAL);
CREATE UNIQUE INDEX orders_total ON orders (total);
INSERT INTO orders (total) SELECT value FROM generate_series(1, 100);
DELETE FROM orders WHERE id = 100;
-- migration
CREATE TABLE orders_new (id INTEGER PRIMARY KEY AUTOINCREMENT, total NUMERIC);
INSERT INTO orders_new (id, total) SELECT id, total FROM orders;
-- claim: after SELECT count(*) FROM sqlite_schema WHERE type = 'index' = 0
DROP TABLE orders;
-- claim: after SELECT seq FROM sqlite_sequence WHERE name = 'orders' = 99
ALTER TABLE orders_new RENAME TO orders;
