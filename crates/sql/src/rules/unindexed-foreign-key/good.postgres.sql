CREATE TABLE customers (id bigint PRIMARY KEY, region int, number int, UNIQUE (region, number));
INSERT INTO customers SELECT i, i % 7, i FROM generate_series(1, 3000) i;
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, coupon bigint REFERENCES customers, gift bigint REFERENCES customers);
INSERT INTO orders SELECT i, i, NULL, NULL FROM generate_series(1, 3000) i;
CREATE INDEX ON orders (customer_id, id);
CREATE INDEX ON orders (coupon) WHERE coupon IS NOT NULL;
CREATE INDEX ON orders USING hash (gift);
-- The columns in any order.
CREATE TABLE calls (id bigint PRIMARY KEY, region int, number int, FOREIGN KEY (region, number) REFERENCES customers (region, number));
CREATE INDEX ON calls (number, region, id);
-- Operator classes that compare for equality all the same; collations of the column and of its type.
CREATE DOMAIN code AS text COLLATE "C";
CREATE TABLE codes (code text PRIMARY KEY, plain text COLLATE "C" UNIQUE, typed code UNIQUE);
CREATE TABLE uses (
    id bigint PRIMARY KEY,
    code text REFERENCES codes,
    plain text COLLATE "C" REFERENCES codes (plain),
    typed code REFERENCES codes (typed)
);
CREATE INDEX ON uses (code text_pattern_ops);
CREATE INDEX ON uses (plain);
CREATE INDEX ON uses (typed);
-- The key itself is the reference.
CREATE TABLE profiles (customer_id bigint PRIMARY KEY REFERENCES customers, text text);
-- Partitions: an index of the whole, or one of each part.
CREATE TABLE events (day date, customer_id bigint REFERENCES customers) PARTITION BY RANGE (day);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX ON events (customer_id);
CREATE TABLE clicks (day date, customer_id bigint REFERENCES customers) PARTITION BY RANGE (day);
CREATE TABLE clicks_2025 PARTITION OF clicks FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX ON clicks_2025 (customer_id);
ANALYZE;
