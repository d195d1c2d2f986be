CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
CREATE TABLE empty (id int);
-- migration
SET lock_timeout = '2s';
CREATE TABLE fresh (id int);
ALTER TABLE fresh SET UNLOGGED;
ALTER TABLE empty SET UNLOGGED;
ALTER TABLE orders SET (fillfactor = 90);
