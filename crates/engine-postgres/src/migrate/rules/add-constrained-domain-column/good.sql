CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 100) AS n;
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN label AS text;
-- migration
SET lock_timeout = '2s';
-- claim: rewrite no
ALTER TABLE orders ADD COLUMN name label;
CREATE TABLE fresh (id bigint);
ALTER TABLE fresh ADD COLUMN pieces positive;
