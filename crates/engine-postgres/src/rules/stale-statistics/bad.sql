CREATE TABLE loaded (id bigint PRIMARY KEY, kind text) WITH (autovacuum_enabled = false);
INSERT INTO loaded SELECT i, 'k' || i % 7 FROM generate_series(1, 5000) i;

CREATE TABLE grown (id bigint PRIMARY KEY, kind text) WITH (autovacuum_enabled = false);
INSERT INTO grown SELECT i, 'k' FROM generate_series(1, 1000) i;
ANALYZE grown;
INSERT INTO grown SELECT i, 'l' FROM generate_series(1001, 9000) i;

CREATE TABLE events (at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') WITH (autovacuum_enabled = false);
INSERT INTO events SELECT date '2026-01-01' + i % 300, 'k' FROM generate_series(1, 3000) i;
ANALYZE events_2026;
-- wait: SELECT count(*) = 3 FROM pg_stat_user_tables WHERE n_live_tup >= 3000
