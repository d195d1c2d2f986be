-- Every kind of object, under names that need quotes; run as one transaction.
CREATE SCHEMA "s p.a""c;e";
CREATE TYPE mood AS ENUM ('sad','it''s ok','😀');
CREATE TYPE pair AS (a int, "B c" text);
CREATE TYPE frange AS RANGE (subtype = float8);
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE DOMAIN posint2 AS posint NOT NULL DEFAULT 5;
CREATE TABLE "s p.a""c;e"."ta""ble.x 😀
nl" ("select" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "a b" posint2, m mood, p pair, g int GENERATED ALWAYS AS (("a b")::int + 1) STORED, t text COLLATE "C" DEFAULT 'x''y', ts timestamptz DEFAULT now(), EXCLUDE USING btree (t WITH =), CHECK (t <> 'a'), UNIQUE (m, t) DEFERRABLE);
CREATE INDEX "i "" x" ON "s p.a""c;e"."ta""ble.x 😀
nl" (lower(t) text_pattern_ops DESC, "a b" NULLS FIRST) INCLUDE (ts) WITH (fillfactor=70) WHERE m = 'sad';
CREATE TABLE par (id serial, k int NOT NULL, d date, PRIMARY KEY (id, k, d)) PARTITION BY LIST (k);
CREATE TABLE par1 PARTITION OF par FOR VALUES IN (1,2) PARTITION BY RANGE (d);
CREATE TABLE par1a PARTITION OF par1 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') PARTITION BY HASH (id);
CREATE TABLE par1a0 PARTITION OF par1a FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE par1a1 PARTITION OF par1a FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE pard PARTITION OF par DEFAULT;
CREATE INDEX ON par (d);
CREATE TABLE base (a int, b text) ; CREATE TABLE child (c int) INHERITS (base);
CREATE TABLE fk (id int PRIMARY KEY, base bigint REFERENCES "s p.a""c;e"."ta""ble.x 😀
nl" ON DELETE CASCADE ON UPDATE SET NULL, pid int, pk int, pd date, FOREIGN KEY (pid, pk, pd) REFERENCES par);
ALTER TABLE fk ADD CONSTRAINT nv CHECK (id > 0) NOT VALID;
CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS 'begin return new; end';
CREATE TRIGGER t1 BEFORE UPDATE ON fk FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION trg();
ALTER TABLE fk DISABLE TRIGGER t1;
CREATE VIEW v AS SELECT * FROM fk WHERE id > 3; CREATE MATERIALIZED VIEW mv AS SELECT count(*) FROM base;
CREATE STATISTICS st (dependencies, ndistinct) ON k, d FROM par1a0;
INSERT INTO par SELECT i, 1, '2020-02-02' FROM generate_series(1,500) i;
INSERT INTO base SELECT i, 'v'||i%7 FROM generate_series(1,1000) i;
CREATE SEQUENCE lonely AS smallint MAXVALUE 300 CYCLE; SELECT nextval('lonely'), nextval('lonely');
CREATE FUNCTION f2(int, VARIADIC text[]) RETURNS int LANGUAGE sql RETURN (SELECT count(*)::int FROM fk WHERE id = $1);
COMMENT ON TABLE fk IS 'it''s';
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SERVER srv FOREIGN DATA WRAPPER postgres_fdw; CREATE FOREIGN TABLE ft (a int) SERVER srv;
ANALYZE;
