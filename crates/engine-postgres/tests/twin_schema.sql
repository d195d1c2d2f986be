-- A schema with everything that a planner twin must bring along. Rows are a pure function of their number.
CREATE SCHEMA "odd Schema";
CREATE TYPE "odd Schema".mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN "odd Schema".email AS text CHECK (VALUE LIKE '%@%');
CREATE TYPE "odd Schema".spot AS (x int, y int);
CREATE TYPE "odd Schema".span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE FUNCTION "odd Schema".half(i int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT i / 2';
CREATE FUNCTION "odd Schema".slow(i int) RETURNS bool LANGUAGE plpgsql STABLE COST 5000 AS 'BEGIN RETURN i > 3; END';
CREATE AGGREGATE "odd Schema".total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE OPERATOR "odd Schema".=== (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int, RESTRICT = eqsel, JOIN = eqjoinsel);

CREATE TABLE customer (
  gone int, id int PRIMARY KEY, name text NOT NULL, mail "odd Schema".email, feeling "odd Schema".mood, gone_too text,
  region varchar(20) COLLATE "C", doc jsonb, tags text[], words tsvector, code char(3), active bool, born date, paid numeric(12, 2)
);
ALTER TABLE customer DROP COLUMN gone, DROP COLUMN gone_too;
INSERT INTO customer SELECT i, 'Customer ' || i, 'c' || i || '@x.y', (ARRAY['sad', 'ok', 'happy'])[1 + i % 3]::"odd Schema".mood,
  'region ' || (i * i) % 17, jsonb_build_object('k', i % 50, 'city', 'c' || i % 100), ARRAY['t' || i % 7, 'u' || i % 31, 'v' || i % 400],
  to_tsvector('simple', 'word' || i % 300 || ' common text ' || CASE WHEN i % 5 = 0 THEN 'rare' ELSE 'usual' END),
  chr(65 + i % 26) || 'x', i % 10 <> 0, date '1950-01-01' + (i * 37) % 20000, (i * 13 % 100000) / 100.0
FROM generate_series(1, 45000) i;
CREATE INDEX customer_lower ON customer (lower(name));
CREATE INDEX customer_half ON customer ("odd Schema".half(id), region);
CREATE INDEX customer_doc ON customer USING gin (doc);
CREATE INDEX customer_tags ON customer USING gin (tags);
CREATE INDEX customer_words ON customer USING gin (words);
CREATE INDEX customer_text ON customer USING gin (to_tsvector('simple', name));
CREATE INDEX customer_active ON customer (born) WHERE active;
CREATE INDEX customer_pattern ON customer (name text_pattern_ops);
CREATE INDEX customer_cover ON customer (region) INCLUDE (paid, code);
CREATE INDEX customer_paid ON customer (paid DESC NULLS LAST);
CREATE STATISTICS customer_kinds (ndistinct, dependencies, mcv) ON region, feeling, code FROM customer;

CREATE TABLE event (
  id bigint GENERATED ALWAYS AS IDENTITY, customer int NOT NULL, at timestamptz NOT NULL, kind int, during tstzrange, spot point,
  amount numeric, twice int GENERATED ALWAYS AS (kind * 2) STORED, note text DEFAULT 'n'
) PARTITION BY RANGE (at);
CREATE TABLE event_old PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') PARTITION BY HASH (customer);
CREATE TABLE event_old_0 PARTITION OF event_old FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE event_old_1 PARTITION OF event_old FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE event_2021 PARTITION OF event FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE event_2022 (note text, extra int, amount numeric, id bigint NOT NULL, customer int NOT NULL, at timestamptz NOT NULL, kind int,
  during tstzrange, spot point, twice int GENERATED ALWAYS AS (kind * 2) STORED);
ALTER TABLE event_2022 DROP COLUMN extra;
ALTER TABLE event ATTACH PARTITION event_2022 FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
CREATE TABLE event_rest PARTITION OF event DEFAULT;
ALTER TABLE event ADD PRIMARY KEY (id, at, customer);
CREATE INDEX event_customer ON event (customer, at DESC);
CREATE INDEX event_at ON event USING brin (at) WITH (pages_per_range = 16);
CREATE INDEX event_kind ON event USING hash (kind);
ALTER TABLE event ADD FOREIGN KEY (customer) REFERENCES customer;
INSERT INTO event (customer, at, kind, during, spot, amount)
SELECT 1 + (i::bigint * 7919) % 45000, timestamptz '2020-01-01 00:00Z' + i * interval '11 minutes', i % 40,
  tstzrange(timestamptz '2020-01-01 00:00Z' + i * interval '11 minutes', timestamptz '2020-01-01 00:00Z' + (i + i % 90) * interval '11 minutes'),
  point(i % 1000, i % 777), (i % 1000) / 7.0
FROM generate_series(1, 140000) i;
CREATE INDEX event_during ON event_2021 USING gist (during);
CREATE INDEX event_spot ON event_2021 USING spgist (spot);

CREATE TABLE parent (a int PRIMARY KEY, b int CHECK (b >= 0));
CREATE TABLE child (c text) INHERITS (parent);
INSERT INTO parent SELECT i, i % 10 FROM generate_series(1, 3000) i;
INSERT INTO child SELECT i, i % 20, 'x' || i FROM generate_series(3001, 9000) i;
CREATE INDEX ON child (a);

CREATE TABLE "Odd Table" ("select" int, "q""uote" text, PRIMARY KEY ("select"));
INSERT INTO "Odd Table" SELECT i, 'v' || i % 100 FROM generate_series(1, 5000) i;
CREATE INDEX "odd "" index" ON "Odd Table" ("q""uote");

CREATE VIEW rich WITH (security_barrier) AS SELECT id, name, paid FROM customer WHERE paid > 990;
CREATE VIEW richer AS SELECT * FROM rich WHERE paid > 995;
CREATE MATERIALIZED VIEW by_region AS SELECT region, count(*) AS n, sum(paid) AS paid FROM customer GROUP BY region;
CREATE UNIQUE INDEX ON by_region (region);
CREATE TABLE log (id int, at timestamp, level text);
CREATE RULE log_keep AS ON DELETE TO log WHERE old.level = 'keep' DO INSTEAD NOTHING;
ALTER TABLE customer SET (autovacuum_enabled = off);
ALTER TABLE parent SET (autovacuum_enabled = off);
ALTER TABLE child SET (autovacuum_enabled = off, parallel_workers = 2);
ALTER TABLE "Odd Table" SET (autovacuum_enabled = off);
ALTER TABLE log SET (autovacuum_enabled = off);
ALTER TABLE event_old_0 SET (autovacuum_enabled = off);
ALTER TABLE event_old_1 SET (autovacuum_enabled = off);
ALTER TABLE event_2021 SET (autovacuum_enabled = off);
ALTER TABLE event_2022 SET (autovacuum_enabled = off);
ALTER TABLE event_rest SET (autovacuum_enabled = off);
ALTER MATERIALIZED VIEW by_region SET (autovacuum_enabled = off);
