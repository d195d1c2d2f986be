CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
ALTER TABLE orders ADD COLUMN seen timestamptz NOT NULL DEFAULT clock_timestamp();
