CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, NULL, 'x' FROM generate_series(1, 30000) AS n;
-- migration
-- claim: lock ROW EXCLUSIVE ON orders; rewrite no
UPDATE orders SET state = 'old' WHERE state IS NULL;
DELETE FROM orders WHERE state = 'gone';
