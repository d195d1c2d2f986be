-- limit min_window_days = 0
-- limit small_mb = 1
-- Nobody looks a note up; everybody pays for its index.
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, note text);
INSERT INTO orders SELECT i, i % 100, md5(i::text) FROM generate_series(1, 30000) i;
CREATE INDEX "orders note.idx" ON orders (note);

CREATE TABLE events (at date NOT NULL, kind text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO events SELECT date '2025-01-01' + i % 700, 'k' FROM generate_series(1, 1000) i;
CREATE INDEX events_kind_idx ON events (kind);
ANALYZE;
