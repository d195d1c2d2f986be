-- server: shared_buffers = 1MB
-- limit blocks = 1000
CREATE TABLE orders (id int PRIMARY KEY, total int NOT NULL);
INSERT INTO orders SELECT g, g FROM generate_series(1, 300000) g;
VACUUM ANALYZE orders;
-- What follows misses more blocks than there are: no cold start explains it.
SELECT pg_stat_reset();
DO $$
BEGIN
    FOR i IN 1..3000 LOOP
        PERFORM total FROM orders WHERE id = (i * 104729::bigint % 300000 + 1)::int;
    END LOOP;
END $$;
