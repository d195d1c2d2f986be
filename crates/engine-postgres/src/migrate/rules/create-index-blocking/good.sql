CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2));
CREATE INDEX orders_total ON orders (total);
INSERT INTO orders SELECT n, 1, n FROM generate_series(1, 100) AS n;
CREATE TABLE empty (id bigint);
-- migration
SET lock_timeout = '2s';
CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);
CREATE INDEX IF NOT EXISTS orders_total ON orders (total);
CREATE INDEX ON empty (id);
CREATE TABLE fresh (id bigint);
CREATE INDEX ON fresh (id);
