CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO events SELECT n, '2025-05-05' FROM generate_series(1, 100) AS n;
CREATE TABLE events_rest PARTITION OF events DEFAULT;
INSERT INTO events SELECT n, '2030-05-05' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
-- claim: lock ACCESS EXCLUSIVE ON events_rest; rewrite no
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
