-- alone
-- limit bytes = 1048576
SELECT pg_create_physical_replication_slot('old_replica', true);
CREATE TABLE orders (id int PRIMARY KEY, note text);
INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g;
SELECT pg_drop_replication_slot('old_replica');
