CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
CREATE SCHEMA attic;
CREATE TABLE customers (id bigint PRIMARY KEY);
INSERT INTO customers SELECT generate_series(1, 100);
-- migration
SET lock_timeout = '2s';
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders RENAME TO purchases;
-- claim: lock ACCESS EXCLUSIVE ON customers; rewrite no
ALTER TABLE customers SET SCHEMA attic;
