CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO events SELECT n, '2026-05-05' FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock SHARE ON events; lock SHARE ON events_2026; rewrite no
CREATE INDEX events_id ON events (id);
-- claim: fails 0A000
CREATE INDEX CONCURRENTLY events_at ON events (at);
