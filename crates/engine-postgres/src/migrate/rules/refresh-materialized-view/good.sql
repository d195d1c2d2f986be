CREATE TABLE orders (id bigint PRIMARY KEY, note text);
INSERT INTO orders SELECT n, 'x' FROM generate_series(1, 100) AS n;
CREATE MATERIALIZED VIEW sums AS SELECT id, count(*) AS n FROM orders GROUP BY id;
CREATE UNIQUE INDEX sums_id ON sums (id);
-- migration
SET lock_timeout = '2s';
-- claim: lock EXCLUSIVE ON sums
REFRESH MATERIALIZED VIEW CONCURRENTLY sums;
CREATE MATERIALIZED VIEW fresh AS SELECT 1 AS one WITH NO DATA;
REFRESH MATERIALIZED VIEW fresh;
