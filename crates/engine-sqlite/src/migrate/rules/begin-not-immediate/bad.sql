-- applied by another tool
PRAGMA journal_mode = WAL;
CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT);
INSERT INTO orders SELECT value, 'x' FROM generate_series(1, 100);
-- migration
BEGIN;
SELECT count(*) FROM orders;
-- claim: meanwhile UPDATE orders SET note = 'y' WHERE id = 1
-- claim: fails database is locked
UPDATE orders SET note = 'z' WHERE id = 2;
COMMIT;
