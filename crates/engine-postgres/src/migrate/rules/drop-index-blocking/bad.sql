CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2));
CREATE INDEX orders_total ON orders (total);
INSERT INTO orders SELECT n, 1, n FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock ACCESS EXCLUSIVE ON orders
DROP INDEX orders_total;
