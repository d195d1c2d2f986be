-- alone
-- limit calls = 3
CREATE EXTENSION pg_stat_statements;
CREATE TABLE orders (id int PRIMARY KEY, total numeric NOT NULL);
INSERT INTO orders SELECT g, g FROM generate_series(1, 100) g;
SELECT pg_stat_statements_reset();
SELECT count(*) FROM orders WHERE total > 10;
SELECT count(*) FROM orders WHERE total > 20;
SELECT count(*) FROM orders WHERE total > 30;
