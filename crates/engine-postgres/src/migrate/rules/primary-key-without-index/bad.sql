CREATE TABLE events (id bigint, at timestamptz);
INSERT INTO events SELECT n, now() FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock ACCESS EXCLUSIVE ON events; rewrite no
ALTER TABLE events ADD PRIMARY KEY (id);
