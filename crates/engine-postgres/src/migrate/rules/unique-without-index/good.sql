CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2), note text);
INSERT INTO customers VALUES (1);
INSERT INTO orders SELECT n, 1, n, 'x' FROM generate_series(1, 100) AS n;
CREATE TABLE empty (id bigint, customer_id bigint, total numeric);
-- migration
SET lock_timeout = '2s';
CREATE UNIQUE INDEX CONCURRENTLY orders_total_key ON orders (total);
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ADD CONSTRAINT orders_total_key UNIQUE USING INDEX orders_total_key;
ALTER TABLE empty ADD UNIQUE (id);
CREATE TABLE fresh (id bigint UNIQUE);
