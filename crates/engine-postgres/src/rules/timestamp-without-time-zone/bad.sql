CREATE TABLE orders (id bigint PRIMARY KEY, "Placed at" timestamp(3) NOT NULL DEFAULT now(), paid timestamp);
INSERT INTO orders VALUES (1, '2026-07-01 12:00:00.125', '2026-07-01 13:00');
CREATE INDEX ON orders (paid);
CREATE TABLE events (at timestamp NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
