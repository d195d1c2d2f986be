CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, total REAL);
CREATE UNIQUE INDEX orders_total ON orders (total);
INSERT INTO orders (total) SELECT value FROM generate_series(1, 100);
DELETE FROM orders WHERE id = 100;
-- migration
CREATE TABLE orders_new (id INTEGER PRIMARY KEY AUTOINCREMENT, total NUMERIC);
INSERT INTO orders_new (id, total) SELECT id, total FROM orders;
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'orders') WHERE name = 'orders_new';
DROP TABLE orders;
-- claim: after SELECT seq FROM sqlite_sequence WHERE name = 'orders' = 100
ALTER TABLE orders_new RENAME TO orders;
CREATE UNIQUE INDEX orders_total ON orders (total);
