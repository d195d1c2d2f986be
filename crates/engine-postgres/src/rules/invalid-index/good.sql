-- The same two indexes, built to their end.
CREATE TABLE orders (id bigint PRIMARY KEY, customer text NOT NULL, note text);
INSERT INTO orders VALUES (1, 'ada', 'a'), (2, 'bob', 'b');
CREATE UNIQUE INDEX CONCURRENTLY orders_customer_key ON orders (customer);
CREATE INDEX CONCURRENTLY "Orders note" ON orders (note);

CREATE TABLE events (at date NOT NULL, "Kind" text) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX "events kind" ON ONLY events ("Kind");
CREATE INDEX events_2025_kind ON events_2025 ("Kind");
ALTER INDEX "events kind" ATTACH PARTITION events_2025_kind;
