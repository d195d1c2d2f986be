-- applied by another tool
PRAGMA journal_mode = WAL;
CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT);
INSERT INTO orders SELECT value, 'x' FROM generate_series(1, 100);
-- migration
BEGIN IMMEDIATE;
SELECT count(*) FROM orders;
UPDATE orders SET note = 'z' WHERE id = 2;
COMMIT;
BEGIN;
-- claim: meanwhile UPDATE orders SET note = 'y' WHERE id = 1
UPDATE orders SET note = 'z' WHERE id = 2;
SELECT count(*) FROM orders;
COMMIT;
