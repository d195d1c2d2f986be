CREATE TABLE events (id bigint NOT NULL, at timestamptz);
INSERT INTO events SELECT n, now() FROM generate_series(1, 100) AS n;
CREATE TABLE empty (id bigint);
-- migration
SET lock_timeout = '2s';
CREATE UNIQUE INDEX CONCURRENTLY events_pkey ON events (id);
-- claim: lock ACCESS EXCLUSIVE ON events; rewrite no
ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY USING INDEX events_pkey;
ALTER TABLE empty ADD PRIMARY KEY (id);
CREATE TABLE fresh (id bigint PRIMARY KEY);
