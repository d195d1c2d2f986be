CREATE TABLE stays (id bigint PRIMARY KEY, during tstzrange);
INSERT INTO stays SELECT n, tstzrange(now() + n * interval '1 day', now() + (n + 1) * interval '1 day') FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock ACCESS EXCLUSIVE ON stays; rewrite no
ALTER TABLE stays ADD CONSTRAINT one_at_a_time EXCLUDE USING gist (during WITH &&);
