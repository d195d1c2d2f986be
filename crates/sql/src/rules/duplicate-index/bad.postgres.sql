CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, state text UNIQUE, "to" text);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_by_customer ON orders (customer_id);
-- The oldest stays, two go.
CREATE INDEX orders_by_customer_again ON orders USING btree (customer_id ASC NULLS LAST);
-- A constraint has made one already; a foreign key needs that of the primary key.
CREATE UNIQUE INDEX orders_state ON orders (state);
CREATE UNIQUE INDEX orders_key ON orders (id);
CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint REFERENCES orders);
-- Two constraints on the same columns.
ALTER TABLE items ADD CONSTRAINT "items.pair" UNIQUE (id, order_id);
ALTER TABLE items ADD CONSTRAINT "items ""pair""" UNIQUE (id, order_id);
-- Expressions, predicates and included columns.
CREATE INDEX "lower "" a" ON orders (lower("to") text_pattern_ops) INCLUDE (state) WHERE customer_id > 0;
CREATE INDEX "lower . b" ON orders (lower("to") text_pattern_ops) INCLUDE (state) WHERE customer_id > 0;
-- Reported at the top only.
CREATE TABLE events (day date, customer_id bigint) PARTITION BY RANGE (day);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX events_customer ON events (customer_id);
CREATE INDEX "events ON ONLY customer" ON events (customer_id);
-- Beside an index that is part of a whole.
CREATE INDEX events_2025_day ON events_2025 (day);
CREATE INDEX events_day ON events (day);
CREATE INDEX events_2025_day_again ON events_2025 (day);
-- Materialized views have indexes as well.
CREATE MATERIALIZED VIEW states AS SELECT state, count(*) FROM orders GROUP BY state;
CREATE INDEX states_state ON states (state);
CREATE INDEX states_state_again ON states (state);
