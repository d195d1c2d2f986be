CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
-- migration
BEGIN;
SET LOCAL lock_timeout = '2s';
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ADD COLUMN tier int;
UPDATE orders SET tier = 1 WHERE state = 'new';
COMMIT;
