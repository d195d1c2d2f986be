CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO events SELECT n, '2025-05-05' FROM generate_series(1, 100) AS n;
CREATE TABLE events_rest PARTITION OF events DEFAULT;
INSERT INTO events SELECT n, '2030-05-05' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
ALTER TABLE events_rest ADD CONSTRAINT not_2026 CHECK (at < '2026-01-01' OR at >= '2027-01-01') NOT VALID;
ALTER TABLE events_rest VALIDATE CONSTRAINT not_2026;
CREATE TABLE events_2026 (id bigint, at date NOT NULL);
ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
