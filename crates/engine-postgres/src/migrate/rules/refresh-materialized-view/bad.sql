CREATE TABLE orders (id bigint PRIMARY KEY, note text);
INSERT INTO orders SELECT n, 'x' FROM generate_series(1, 100) AS n;
CREATE MATERIALIZED VIEW sums AS SELECT id, count(*) AS n FROM orders GROUP BY id;
-- migration
-- claim: lock ACCESS EXCLUSIVE ON sums; rewrite yes
REFRESH MATERIALIZED VIEW sums;
