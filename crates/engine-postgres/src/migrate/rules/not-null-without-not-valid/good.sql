CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2), note text);
INSERT INTO customers VALUES (1);
INSERT INTO orders SELECT n, 1, n, 'x' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
-- claim 18+: lock ACCESS EXCLUSIVE ON orders; rewrite no
-- claim 13-17: fails 42601
ALTER TABLE orders ADD CONSTRAINT orders_note_given NOT NULL note NOT VALID;
-- claim 18+: lock SHARE UPDATE EXCLUSIVE ON orders
-- claim 13-17: fails 42704
ALTER TABLE orders VALIDATE CONSTRAINT orders_note_given;
