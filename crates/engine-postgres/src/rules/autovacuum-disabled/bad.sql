CREATE TABLE "bulk load" (id bigint PRIMARY KEY, body text) WITH (autovacuum_enabled = off, fillfactor = 90);
CREATE TABLE documents (id bigint PRIMARY KEY, body text) WITH (toast.autovacuum_enabled = false);
CREATE MATERIALIZED VIEW totals WITH (autovacuum_enabled = false) AS SELECT count(*) FROM documents;
