CREATE TABLE visits (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, page text, visitor text);
INSERT INTO visits (page, visitor) VALUES ('/', 'a'), ('/', 'a');
CREATE TABLE likes (page text, visitor text, PRIMARY KEY (page, visitor));
CREATE VIEW pages AS SELECT DISTINCT page FROM visits;
CREATE MATERIALIZED VIEW page_counts AS SELECT page, count(*) FROM visits GROUP BY page;
-- Partitions have the key of their parent.
CREATE TABLE readings (day date, sensor int, value real, PRIMARY KEY (day, sensor)) PARTITION BY RANGE (day);
CREATE TABLE readings_2026 PARTITION OF readings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
-- A partitioned table without a key, but with a unique index over NOT NULL columns.
CREATE TABLE levels (day date NOT NULL, sensor int NOT NULL) PARTITION BY RANGE (day);
CREATE UNIQUE INDEX ON levels (day, sensor);
CREATE TABLE levels_2026 PARTITION OF levels FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
-- A replica identity stands in for the key.
CREATE TABLE currencies (code text NOT NULL UNIQUE, name text);
ALTER TABLE currencies REPLICA IDENTITY USING INDEX currencies_code_key;
-- Gone with the session, so nobody's concern.
CREATE TEMPORARY TABLE scratch (a int);
