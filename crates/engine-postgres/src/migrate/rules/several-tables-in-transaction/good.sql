CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
CREATE TABLE customers (id bigint PRIMARY KEY, name text);
INSERT INTO customers SELECT n, 'x' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN tier int;
ALTER TABLE customers ADD COLUMN tier int;
BEGIN;
ALTER TABLE orders ADD COLUMN level int;
CREATE TABLE fresh (id int);
ALTER TABLE fresh ADD COLUMN tier int;
COMMIT;
