CREATE TABLE customers (id bigint PRIMARY KEY, "no" smallint UNIQUE, code numeric UNIQUE);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    -- Runs out before the key that it refers to.
    customer_id integer REFERENCES customers (id),
    -- The other way round: mild.
    customer_no integer REFERENCES customers ("no"),
    -- Converted at each check.
    "customer ""code" integer REFERENCES customers (code)
);
-- Not while a view uses it.
CREATE TABLE visits (id bigint PRIMARY KEY, visitor integer REFERENCES customers (id));
CREATE VIEW visitors AS SELECT visitor FROM visits;
-- Reported once, at the top.
CREATE TABLE events (day date, customer integer REFERENCES customers) PARTITION BY RANGE (day);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
