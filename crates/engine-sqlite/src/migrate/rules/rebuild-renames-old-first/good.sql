CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
CREATE TABLE lines (id INTEGER PRIMARY KEY, "order" INTEGER , note TEXT);
INSERT INTO orders SELECT value, value FROM generate_series(1, 100);
INSERT INTO lines SELECT value, value, 'x' FROM generate_series(1, 100);

-- migration
ALTER TABLE orders RENAME TO orders_old;
CREATE TABLE orders (id INTEGER PRIMARY KEY, total NUMERIC);
INSERT INTO orders (id, total) SELECT id, total FROM orders_old;
DROP TABLE orders_old;
