CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
CREATE TABLE logs (id bigint);
INSERT INTO logs SELECT generate_series(1, 100);
-- migration
SET lock_timeout = '2s';
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
ALTER TABLE orders SET UNLOGGED;
-- claim: lock ACCESS EXCLUSIVE ON logs
ALTER TABLE logs SET TABLESPACE pg_default;
