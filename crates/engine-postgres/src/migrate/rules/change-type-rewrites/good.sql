CREATE DOMAIN email AS text;
CREATE TABLE orders (id bigint PRIMARY KEY, code varchar(20), name varchar(50), total numeric(10,2), free numeric(8,3), at timestamp, moment timestamp(3), label text, bits varbit(4), mail email);
INSERT INTO orders SELECT n, 'x', 'y', n, n, now(), now(), 'z', B'1', 'a' FROM generate_series(1, 100) AS n;
CREATE TABLE empty (id int);
-- migration
SET lock_timeout = '2s';
SET timezone = 'UTC';
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ALTER COLUMN code TYPE varchar(50);
-- claim: rewrite no
ALTER TABLE orders ALTER COLUMN name TYPE text;
-- claim: rewrite no
ALTER TABLE orders ALTER COLUMN total TYPE numeric(12,2);
-- claim: rewrite no
ALTER TABLE orders ALTER COLUMN free TYPE numeric;
-- claim: rewrite no
ALTER TABLE orders ALTER COLUMN at TYPE timestamptz;
-- claim: rewrite no
ALTER TABLE orders ALTER COLUMN at TYPE timestamp;
-- claim: rewrite no
ALTER TABLE orders ALTER COLUMN moment TYPE timestamp(6);
-- claim: rewrite no
ALTER TABLE orders ALTER COLUMN label TYPE varchar;
-- claim: rewrite no
ALTER TABLE orders ALTER COLUMN bits TYPE varbit(8);
-- claim: rewrite no
ALTER TABLE orders ALTER COLUMN code TYPE text USING code::text;
-- claim: rewrite no
ALTER TABLE orders ALTER COLUMN mail TYPE text;
ALTER TABLE empty ALTER COLUMN id TYPE bigint;
CREATE TABLE fresh (id int);
ALTER TABLE fresh ALTER COLUMN id TYPE bigint;
