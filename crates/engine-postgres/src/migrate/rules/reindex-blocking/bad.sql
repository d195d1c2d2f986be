CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2));
CREATE INDEX orders_total ON orders (total);
INSERT INTO orders SELECT n, 1, n FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock SHARE ON orders; lock ACCESS EXCLUSIVE ON orders_total
REINDEX INDEX orders_total;
-- claim: lock SHARE ON orders
REINDEX TABLE orders;
