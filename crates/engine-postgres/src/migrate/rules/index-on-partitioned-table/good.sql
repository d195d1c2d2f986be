CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO events SELECT n, '2026-05-05' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
CREATE INDEX events_id ON ONLY events (id);
CREATE INDEX CONCURRENTLY events_2026_id ON events_2026 (id);
ALTER INDEX events_id ATTACH PARTITION events_2026_id;
