CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 100) AS n;
-- migration
-- claim: fails 23502
ALTER TABLE orders ADD COLUMN tier text NOT NULL;
