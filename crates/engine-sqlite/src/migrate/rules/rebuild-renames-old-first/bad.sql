CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
CREATE TABLE lines (id INTEGER PRIMARY KEY, "order" INTEGER REFERENCES orders (id) ON DELETE CASCADE, note TEXT);
INSERT INTO orders SELECT value, value FROM generate_series(1, 100);
INSERT INTO lines SELECT value, value, 'x' FROM generate_series(1, 100);
CREATE VIEW large AS SELECT id FROM orders WHERE total > 50;
-- migration
-- claim: after SELECT sql FROM sqlite_schema WHERE name = 'large' = CREATE VIEW large AS SELECT id FROM "orders_old" WHERE total > 50
ALTER TABLE orders RENAME TO orders_old;
CREATE TABLE orders (id INTEGER PRIMARY KEY, total NUMERIC);
INSERT INTO orders (id, total) SELECT id, total FROM orders_old;
