CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2), note text);
INSERT INTO customers VALUES (1);
INSERT INTO orders SELECT n, 1, n, 'x' FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock SHARE ROW EXCLUSIVE ON orders; lock SHARE ROW EXCLUSIVE ON customers; rewrite no
ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id);
-- claim: lock SHARE ROW EXCLUSIVE ON customers; rewrite no
ALTER TABLE orders ADD COLUMN payer_id bigint DEFAULT 1 REFERENCES customers;
