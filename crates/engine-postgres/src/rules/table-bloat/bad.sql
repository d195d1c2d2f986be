-- limit small_mb = 20
CREATE TABLE "event log" (id bigint PRIMARY KEY, at timestamptz NOT NULL, ok boolean, note text) WITH (autovacuum_enabled = false);
INSERT INTO "event log"
SELECT i, now(), CASE WHEN i % 3 = 0 THEN true END, repeat('x', i % 200) FROM generate_series(1, 200000) i;
-- Every tenth row stays, so that no page becomes free.
DELETE FROM "event log" WHERE id % 10 <> 0;
VACUUM (ANALYZE) "event log";
