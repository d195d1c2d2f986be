-- limit min_index_mb = 1
CREATE TABLE jobs (id int PRIMARY KEY, queue int NOT NULL, state text NOT NULL, payload text NOT NULL);
INSERT INTO jobs SELECT g, (g * 7919) % 5000, CASE WHEN (g * 31) % 100 < 3 THEN 'open' ELSE 'done' END, repeat('x', 40) FROM generate_series(1, 200000) g;
CREATE INDEX jobs_queue_idx ON jobs (queue, id) WHERE state = 'open';
VACUUM (ANALYZE) jobs;
