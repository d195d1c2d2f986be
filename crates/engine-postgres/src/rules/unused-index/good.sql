-- limit min_window_days = 0
-- limit small_mb = 1
-- The index is used; of the partitioned one, only a single partition's. Keys and foreign keys have indexes that nobody needs to scan.
CREATE TABLE customers (id bigint PRIMARY KEY, email text UNIQUE);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, note text);
CREATE INDEX ON orders (customer_id);
INSERT INTO customers SELECT i, i::text FROM generate_series(1, 100) i;
INSERT INTO orders SELECT i, 1 + i % 100, md5(i::text) FROM generate_series(1, 30000) i;
CREATE INDEX "orders note.idx" ON orders (note);

CREATE TABLE events (at date NOT NULL, kind text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO events SELECT date '2025-01-01' + i % 700, 'k' || i FROM generate_series(1, 1000) i;
CREATE INDEX events_kind_idx ON events (kind);
ANALYZE;
SET enable_seqscan = off;
SELECT count(*) FROM orders WHERE note = 'x';
SELECT count(*) FROM events WHERE kind = 'k1' AND at >= '2026-01-01';
-- An index on a table without rows says nothing.
CREATE TABLE later (id bigint PRIMARY KEY, note text);
CREATE INDEX ON later (note);
