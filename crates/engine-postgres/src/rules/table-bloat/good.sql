-- limit small_mb = 20
CREATE TABLE "event log" (id bigint PRIMARY KEY, at timestamptz NOT NULL, ok boolean, note text) WITH (autovacuum_enabled = false, fillfactor = 70);
INSERT INTO "event log"
SELECT i, now(), CASE WHEN i % 3 = 0 THEN true END, repeat('x', i % 200) FROM generate_series(1, 200000) i;
-- Wide values that are stored apart, and values of every alignment.
CREATE TABLE documents (a boolean, b int, c smallint, d bigint, e uuid, f date, g text, h jsonb, i numeric) WITH (autovacuum_enabled = false);
INSERT INTO documents
SELECT true, i, 1, i, md5(i::text)::uuid, now(), (SELECT string_agg(md5(i::text || k), '') FROM generate_series(1, 20 * (i % 7)) k),
       jsonb_build_object('i', i), i / 7.0
FROM generate_series(1, 60000) i;
VACUUM (ANALYZE) "event log";
VACUUM (ANALYZE) documents;
