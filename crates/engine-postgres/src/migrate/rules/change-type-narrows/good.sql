CREATE TABLE orders (id bigint PRIMARY KEY, code varchar(10), total numeric(10,2));
INSERT INTO orders SELECT n, 'x', n FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN code TYPE varchar(20);
ALTER TABLE orders ALTER COLUMN total TYPE numeric(14,2);
