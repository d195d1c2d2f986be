CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
CREATE TABLE customers (id bigint PRIMARY KEY, name text);
INSERT INTO customers SELECT n, 'x' FROM generate_series(1, 100) AS n;
-- migration
BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN tier int;
-- claim: lock ACCESS EXCLUSIVE ON customers; rewrite no
ALTER TABLE customers ADD COLUMN tier int;
COMMIT;
