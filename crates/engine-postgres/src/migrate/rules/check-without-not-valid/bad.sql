CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2), note text);
INSERT INTO customers VALUES (1);
INSERT INTO orders SELECT n, 1, n, 'x' FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0);
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ADD COLUMN pieces int DEFAULT 1 CHECK (pieces > 0);
