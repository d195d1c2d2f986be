CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2), note text);
INSERT INTO customers VALUES (1);
INSERT INTO orders SELECT n, 1, n, 'x' FROM generate_series(1, 100) AS n;
CREATE TABLE empty (id bigint, customer_id bigint, total numeric);
-- migration
SET lock_timeout = '2s';
CREATE INDEX CONCURRENTLY orders_customer_id ON orders (customer_id);
-- claim: lock SHARE ROW EXCLUSIVE ON orders; lock SHARE ROW EXCLUSIVE ON customers
ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;
-- claim: lock SHARE UPDATE EXCLUSIVE ON orders
ALTER TABLE orders VALIDATE CONSTRAINT orders_customer;
ALTER TABLE orders ADD COLUMN payer_id bigint REFERENCES customers;
CREATE INDEX CONCURRENTLY orders_payer_id ON orders (payer_id);
ALTER TABLE empty ADD FOREIGN KEY (customer_id) REFERENCES customers;
CREATE INDEX CONCURRENTLY empty_customer_id ON empty (customer_id);
CREATE TABLE fresh (id bigint PRIMARY KEY REFERENCES customers);
