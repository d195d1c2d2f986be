-- A well-built schema with unusual but sound parts, filled and used. No rule may report anything worse than low here.
CREATE EXTENSION pg_stat_statements;
REVOKE CREATE ON SCHEMA public FROM PUBLIC; -- as it is from 15 on
CREATE SCHEMA shop;
CREATE SCHEMA "Odd names; and ""quotes"" 🚚";
CREATE TYPE shop.state AS ENUM ('new', 'paid', 'sent');
CREATE DOMAIN shop.email AS text CHECK (VALUE LIKE '%@%');
CREATE TABLE shop.customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email shop.email NOT NULL UNIQUE,
  name text NOT NULL,
  lower_name text GENERATED ALWAYS AS (lower(name)) STORED,
  since timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX customers_lower_name_idx ON shop.customers (lower_name);
CREATE TABLE shop.orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES shop.customers,
  state shop.state NOT NULL DEFAULT 'new',
  placed_at timestamptz NOT NULL DEFAULT now(),
  total numeric(12, 2) NOT NULL CHECK (total >= 0)
) WITH (fillfactor = 90);
CREATE INDEX orders_customer_id_idx ON shop.orders (customer_id);
CREATE INDEX orders_open_idx ON shop.orders (placed_at) WHERE state <> 'sent';
CREATE TABLE shop.order_lines (
  order_id bigint NOT NULL REFERENCES shop.orders ON DELETE CASCADE,
  line smallint NOT NULL,
  product text NOT NULL,
  amount integer NOT NULL,
  PRIMARY KEY (order_id, line)
);
-- Partitions three levels deep, with a key over all of them.
CREATE TABLE shop.events (at timestamptz NOT NULL, region text NOT NULL, id bigint NOT NULL, body jsonb, PRIMARY KEY (at, region, id))
  PARTITION BY RANGE (at);
CREATE TABLE shop.events_2026 PARTITION OF shop.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (region);
CREATE TABLE shop.events_2026_eu PARTITION OF shop.events_2026 FOR VALUES IN ('eu') PARTITION BY HASH (id);
CREATE TABLE shop.events_2026_eu_0 PARTITION OF shop.events_2026_eu FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shop.events_2026_eu_1 PARTITION OF shop.events_2026_eu FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE shop.events_2026_rest PARTITION OF shop.events_2026 DEFAULT;
-- Inheritance, an exclusion constraint, a composite type, a materialized view, a view, a trigger and a safe function.
CREATE TABLE shop.rooms (room text NOT NULL, during tstzrange NOT NULL, PRIMARY KEY (room, during), EXCLUDE USING gist (during WITH &&));
CREATE TABLE shop.notes (id bigserial PRIMARY KEY, note text NOT NULL);
CREATE TABLE shop.long_notes (appendix text, PRIMARY KEY (id)) INHERITS (shop.notes);
CREATE TYPE shop.address AS (street text, city text);
CREATE TABLE "Odd names; and ""quotes"" 🚚"."select from
where" ("a.b" bigint PRIMARY KEY, "order" shop.address, "C" date);
CREATE MATERIALIZED VIEW shop.totals AS SELECT customer_id, sum(total) AS total FROM shop.orders GROUP BY customer_id;
CREATE UNIQUE INDEX ON shop.totals (customer_id);
CREATE VIEW shop.open_orders AS SELECT * FROM shop.orders WHERE state <> 'sent';
CREATE FUNCTION shop.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.placed_at := coalesce(NEW.placed_at, now()); RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.stamp();
CREATE FUNCTION shop.total_of(bigint) RETURNS numeric LANGUAGE sql STABLE SECURITY DEFINER SET search_path = shop, pg_temp
  AS 'SELECT total FROM orders WHERE id = $1';

INSERT INTO shop.customers (email, name) SELECT i || '@example.org', 'Name ' || i FROM generate_series(1, 5000) i;
INSERT INTO shop.orders (customer_id, placed_at, total) SELECT 1 + i % 5000, now() - i * interval '1 min', i % 97 FROM generate_series(1, 20000) i;
INSERT INTO shop.order_lines SELECT 1 + i / 3, i % 3, 'product ' || i % 200, 1 + i % 5 FROM generate_series(0, 59999) i;
INSERT INTO shop.events SELECT timestamptz '2026-01-01' + i * interval '10 min', (ARRAY['eu', 'us'])[1 + i % 2], i, jsonb_build_object('i', i)
  FROM generate_series(1, 10000) i;
INSERT INTO shop.rooms SELECT 'r', tstzrange(now() + i * interval '1 h', now() + (i + 1) * interval '1 h') FROM generate_series(1, 100) i;
INSERT INTO shop.notes (note) SELECT 'n' FROM generate_series(1, 100);
INSERT INTO shop.long_notes (note, appendix) SELECT 'n', repeat('a', 3000) FROM generate_series(1, 2000);
INSERT INTO "Odd names; and ""quotes"" 🚚"."select from
where" SELECT i, ROW('s', 'c')::shop.address, now() FROM generate_series(1, 2000) i;
REFRESH MATERIALIZED VIEW shop.totals;
ANALYZE;

-- Use: keyed reads, a share of updates and deletes below what autovacuum waits for, and queries through every index.
UPDATE shop.orders SET state = 'sent' WHERE id % 8 = 0;
DELETE FROM shop.order_lines WHERE order_id % 50 = 0;
SET enable_seqscan = off;
SELECT count(*) FROM shop.orders WHERE customer_id = 7;
SELECT count(*) FROM shop.orders WHERE placed_at > now() - interval '1 day' AND state <> 'sent';
SELECT count(*) FROM shop.customers WHERE lower_name = 'name 7';
DO $$
DECLARE found numeric;
BEGIN
  FOR i IN 1..2000 LOOP
    SELECT o.total INTO found FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id WHERE o.id = i;
  END LOOP;
END $$;
