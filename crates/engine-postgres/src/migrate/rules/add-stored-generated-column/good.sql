CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
CREATE TABLE fresh (id bigint, twice bigint GENERATED ALWAYS AS (id * 2) STORED);
ALTER TABLE fresh ADD COLUMN thrice bigint GENERATED ALWAYS AS (id * 3) STORED;
ALTER TABLE orders ADD COLUMN doubled numeric;
