-- Two concurrent builds that failed.
CREATE TABLE orders (id bigint PRIMARY KEY, customer text NOT NULL, note text);
INSERT INTO orders VALUES (1, 'ada', 'a'), (2, 'ada', 'b'), (3, 'bob', 'c');
-- fails
CREATE UNIQUE INDEX CONCURRENTLY orders_customer_key ON orders (customer);

-- A transaction that holds a lock on the table keeps the other build waiting until its timeout.
-- session writer
BEGIN;
UPDATE orders SET note = 'd' WHERE id = 1;
-- session builder
SET statement_timeout = '300ms';
-- fails
CREATE INDEX CONCURRENTLY "Orders note" ON orders (note);
-- session writer
COMMIT;

-- A partitioned table's index that two partitions have no part of; one of them has a fitting index of its own.
CREATE TABLE events (at date NOT NULL, "Kind" text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE "events 2026" PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX "events kind" ON ONLY events ("Kind");
CREATE INDEX events_2024_kind ON events_2024 ("Kind");
ALTER INDEX "events kind" ATTACH PARTITION events_2024_kind;
CREATE INDEX events_2025_kind ON events_2025 ("Kind");
