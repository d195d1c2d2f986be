CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2));
CREATE INDEX orders_total ON orders (total);
INSERT INTO orders SELECT n, 1, n FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
REINDEX INDEX CONCURRENTLY orders_total;
-- claim 13: fails 42601
REINDEX (CONCURRENTLY) TABLE orders;
