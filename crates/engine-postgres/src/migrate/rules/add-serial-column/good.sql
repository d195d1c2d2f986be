CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 100) AS n;
CREATE TABLE empty (id bigint);
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN number bigint;
ALTER TABLE empty ADD COLUMN number bigserial;
CREATE TABLE fresh (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
ALTER TABLE fresh ADD COLUMN place bigint GENERATED ALWAYS AS IDENTITY;
