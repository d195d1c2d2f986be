CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, total numeric);
INSERT INTO customers VALUES (1);
INSERT INTO orders VALUES (1, 1, 10);
ALTER TABLE orders ADD CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
ALTER TABLE orders ADD CONSTRAINT "total is positive" CHECK (total > 0) NOT VALID;
-- With a partitioned table, the constraint is the parent's.
CREATE TABLE events (at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE events ADD CONSTRAINT kind_given CHECK (kind <> '') NOT VALID;
-- A domain has constraints too.
CREATE DOMAIN "e mail" AS text;
CREATE TABLE letters (id bigint PRIMARY KEY, "to" "e mail");
ALTER DOMAIN "e mail" ADD CONSTRAINT "has @" CHECK (VALUE LIKE '%@%') NOT VALID;
