-- limit min_index_mb = 1
CREATE TABLE readings (taken_at timestamptz NOT NULL, sensor int NOT NULL, value float8 NOT NULL, report text NOT NULL);
INSERT INTO readings SELECT '2024-01-01 00:00:00+00'::timestamptz + g * interval '1 minute', g % 97, g, repeat('x', 700) FROM generate_series(1, 60000) g;
CREATE INDEX readings_taken_at_idx ON readings USING brin (taken_at) WITH (pages_per_range = 32);
VACUUM (ANALYZE) readings;
