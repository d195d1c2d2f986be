CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
-- migration
BEGIN;
-- claim: lock SHARE UPDATE EXCLUSIVE ON orders; rewrite no
LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE;
COMMIT;
