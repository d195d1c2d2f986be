CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
-- migration
BEGIN;
SET LOCAL lock_timeout = '2s';
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
LOCK TABLE orders;
COMMIT;
