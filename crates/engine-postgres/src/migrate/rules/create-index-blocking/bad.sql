CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2));
CREATE INDEX orders_total ON orders (total);
INSERT INTO orders SELECT n, 1, n FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock SHARE ON orders; rewrite no
CREATE INDEX orders_customer ON orders (customer_id);
-- claim: lock SHARE ON orders; rewrite no
CREATE UNIQUE INDEX ON orders (lower(total::text)) WHERE total > 0;
