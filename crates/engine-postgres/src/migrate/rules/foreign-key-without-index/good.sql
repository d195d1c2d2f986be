CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2), note text);
INSERT INTO customers VALUES (1);
INSERT INTO orders SELECT n, 1, n, 'x' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
CREATE INDEX CONCURRENTLY orders_customer_id ON orders (customer_id);
ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
CREATE TABLE letters (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers);
CREATE INDEX ON letters (customer_id, id);
CREATE TABLE details (customer_id bigint PRIMARY KEY REFERENCES customers);
