-- applied by psql
CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN tier int;
CREATE TABLE fresh (id int);
ALTER TABLE fresh ADD COLUMN tier int;
