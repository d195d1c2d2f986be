CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
ALTER TABLE orders ADD COLUMN number bigserial;
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
ALTER TABLE orders ADD COLUMN place bigint GENERATED ALWAYS AS IDENTITY;
