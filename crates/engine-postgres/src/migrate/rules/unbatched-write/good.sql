CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, NULL, 'x' FROM generate_series(1, 30000) AS n;
-- migration
UPDATE orders SET state = 'old' WHERE id = 17;
DELETE FROM orders WHERE id IN (1, 2, 3);
UPDATE orders SET state = 'old' WHERE ctid = ANY (ARRAY(SELECT ctid FROM orders WHERE state IS NULL LIMIT 100));
