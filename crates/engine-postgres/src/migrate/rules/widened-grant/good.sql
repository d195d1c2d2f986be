CREATE TABLE orders (id bigint PRIMARY KEY, note text);
INSERT INTO orders SELECT n, 'x' FROM generate_series(1, 100) AS n;
-- migration
GRANT SELECT, INSERT ON orders TO pg_monitor;
GRANT USAGE ON SCHEMA public TO PUBLIC;
