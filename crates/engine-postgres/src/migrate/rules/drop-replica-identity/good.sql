CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2), note text);
INSERT INTO customers VALUES (1);
INSERT INTO orders SELECT n, 1, n, 'x' FROM generate_series(1, 100) AS n;
CREATE UNIQUE INDEX orders_by_id ON orders (id);
ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0);
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders DROP CONSTRAINT total_positive;
ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_by_id;
ALTER TABLE orders DROP CONSTRAINT orders_pkey;
