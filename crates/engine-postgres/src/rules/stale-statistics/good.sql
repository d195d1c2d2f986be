CREATE TABLE loaded (id bigint PRIMARY KEY, kind text) WITH (autovacuum_enabled = false);
INSERT INTO loaded SELECT i, 'k' || i % 7 FROM generate_series(1, 5000) i;
ANALYZE loaded;
-- A table so small that no plan can go wrong, and one with as many changes as autovacuum waits for.
CREATE TABLE small (id bigint PRIMARY KEY) WITH (autovacuum_enabled = false);
INSERT INTO small SELECT generate_series(1, 100);
CREATE TABLE grown (id bigint PRIMARY KEY, kind text) WITH (autovacuum_enabled = false);
INSERT INTO grown SELECT i, 'k' FROM generate_series(1, 20000) i;
ANALYZE grown;
UPDATE grown SET kind = 'l' WHERE id <= 2000;

CREATE TABLE events (at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO events SELECT date '2026-01-01' + i % 300, 'k' FROM generate_series(1, 3000) i;
ANALYZE events;
-- wait: SELECT count(*) = 4 FROM pg_stat_user_tables WHERE n_live_tup >= 100
