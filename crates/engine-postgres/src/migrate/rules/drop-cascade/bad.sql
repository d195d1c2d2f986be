CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
CREATE VIEW new_orders AS SELECT id, note FROM orders WHERE state = 'new';
-- migration
SET lock_timeout = '2s';
-- claim: lock ACCESS EXCLUSIVE ON orders
ALTER TABLE orders DROP COLUMN note CASCADE;
DROP TABLE orders CASCADE;
