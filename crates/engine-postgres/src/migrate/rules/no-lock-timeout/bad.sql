-- applied by psql
CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ADD COLUMN tier int;
