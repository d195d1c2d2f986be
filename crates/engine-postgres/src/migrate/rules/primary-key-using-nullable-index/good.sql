CREATE TABLE events (id bigint, at timestamptz);
INSERT INTO events SELECT n, now() FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
CREATE UNIQUE INDEX CONCURRENTLY events_id ON events (id);
ALTER TABLE events ADD CONSTRAINT events_id_given CHECK (id IS NOT NULL) NOT VALID;
ALTER TABLE events VALIDATE CONSTRAINT events_id_given;
ALTER TABLE events ALTER COLUMN id SET NOT NULL;
ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY USING INDEX events_id;
