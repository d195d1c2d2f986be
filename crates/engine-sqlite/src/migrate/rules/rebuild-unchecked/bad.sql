-- applied by another tool
CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
CREATE TABLE lines (id INTEGER PRIMARY KEY, "order" INTEGER REFERENCES orders (id) ON DELETE CASCADE, note TEXT);
INSERT INTO orders SELECT value, value FROM generate_series(1, 100);
INSERT INTO lines SELECT value, value, 'x' FROM generate_series(1, 100);

-- migration
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE orders_new (id INTEGER PRIMARY KEY, total NUMERIC);
INSERT INTO orders_new (id, total) SELECT id, total FROM orders WHERE id > 10;
DROP TABLE orders;
ALTER TABLE orders_new RENAME TO orders;
COMMIT;
-- claim: after SELECT count(*) FROM pragma_foreign_key_check = 10
PRAGMA foreign_keys = ON;
