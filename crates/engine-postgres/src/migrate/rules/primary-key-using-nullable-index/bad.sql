CREATE TABLE events (id bigint, at timestamptz);
INSERT INTO events SELECT n, now() FROM generate_series(1, 100) AS n;
-- migration
CREATE UNIQUE INDEX CONCURRENTLY events_id ON events (id);
-- claim: lock ACCESS EXCLUSIVE ON events; rewrite no
ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY USING INDEX events_id;
