CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
CLUSTER orders USING orders_pkey;
VACUUM FULL orders;
