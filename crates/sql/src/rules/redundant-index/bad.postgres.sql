CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, state text, number int UNIQUE, "to" text);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_customer_state ON orders (customer_id, state);
-- A plain index beside a unique one on the same column.
CREATE INDEX orders_number ON orders (number);
-- Read backwards, the wider one gives the same order.
CREATE INDEX "orders.to" ON orders ("to" DESC, state DESC);
CREATE INDEX "orders "" to" ON orders ("to", state, id);
-- What is included elsewhere.
CREATE INDEX orders_state ON orders (state) INCLUDE (number);
CREATE INDEX orders_state_id ON orders (state, id) INCLUDE (number, "to");
-- Reported at the top only.
CREATE TABLE events (day date, customer_id bigint) PARTITION BY RANGE (day);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX events_customer ON events (customer_id);
CREATE INDEX events_customer_day ON events (customer_id, day);
