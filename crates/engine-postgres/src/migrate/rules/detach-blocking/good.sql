CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO events SELECT n, '2025-05-05' FROM generate_series(1, 100) AS n;
-- migration
-- claim 13: fails 42601
ALTER TABLE events DETACH PARTITION events_2025 CONCURRENTLY;
