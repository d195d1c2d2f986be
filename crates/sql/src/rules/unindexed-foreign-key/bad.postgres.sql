CREATE TABLE customers (id bigint PRIMARY KEY, region int, number int, UNIQUE (region, number));
INSERT INTO customers SELECT i, i % 7, i FROM generate_series(1, 3000) i;
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers);
INSERT INTO orders SELECT i, i FROM generate_series(1, 3000) i;
-- Small: mild.
CREATE TABLE shops (id bigint PRIMARY KEY, owner bigint REFERENCES customers);
INSERT INTO shops VALUES (1, 1), (2, 2);
-- A partial index that leaves rows out does not serve; one key of two serves half.
CREATE TABLE visits (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers, seen boolean);
CREATE INDEX visits_seen ON visits (customer_id) WHERE seen;
CREATE TABLE calls (id bigint PRIMARY KEY, region int, number int, FOREIGN KEY (region, number) REFERENCES customers (region, number));
CREATE INDEX calls_number ON calls (number);
-- Nor does an index in another collation than the column's.
CREATE TABLE codes (code text PRIMARY KEY);
CREATE TABLE uses (id bigint PRIMARY KEY, code text REFERENCES codes);
CREATE INDEX uses_code ON uses (code COLLATE "POSIX");
-- Reported once, at the top; one of the partitions has an index that can be taken over.
CREATE TABLE events (day date, id bigint, customer_id bigint REFERENCES customers, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX events_2025_customer ON events_2025 (customer_id);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY RANGE (id);
CREATE TABLE events_2026_a PARTITION OF events_2026 FOR VALUES FROM (0) TO (1000) PARTITION BY RANGE (id);
CREATE TABLE events_2026_a_only PARTITION OF events_2026_a DEFAULT;
-- Hostile names, as long as they get.
CREATE SCHEMA "my ""schema.";
CREATE TABLE "my ""schema."."a table of sixty-three bytes in its name, as long as names ever get" (
    id bigint PRIMARY KEY,
    "order" bigint REFERENCES customers
);
CREATE TABLE "my ""schema."."a table of sixty-three bytes in its name, as long as name_order_idx" (id bigint PRIMARY KEY);
ANALYZE customers, orders, shops;
