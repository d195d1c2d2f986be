-- server: shared_buffers = 1MB
-- limit blocks = 1000
CREATE TABLE orders (id int PRIMARY KEY, note text);
INSERT INTO orders SELECT g, repeat('x', 1000) FROM generate_series(1, 20000) g;
VACUUM ANALYZE orders;
-- What follows misses more blocks than there are: no cold start explains it.
SELECT pg_stat_reset();
SELECT sum(length(note)) FROM orders;
SELECT sum(length(note)) FROM orders;
SELECT sum(length(note)) FROM orders;
SELECT sum(length(note)) FROM orders;
