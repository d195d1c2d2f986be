CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 100) AS n;
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
-- migration
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
ALTER TABLE orders ADD COLUMN pieces positive;
