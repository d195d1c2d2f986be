CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2), note text);
INSERT INTO customers VALUES (1);
INSERT INTO orders SELECT n, 1, n, 'x' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
BEGIN;
ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;
COMMIT;
-- claim: lock SHARE UPDATE EXCLUSIVE ON orders
ALTER TABLE orders VALIDATE CONSTRAINT total_positive;
