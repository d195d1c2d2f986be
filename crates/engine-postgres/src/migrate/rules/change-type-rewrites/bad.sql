CREATE TABLE orders (id int PRIMARY KEY, code text, total numeric(10,2), at timestamp, doc json);
INSERT INTO orders SELECT n, 'x', n, now(), '{}' FROM generate_series(1, 100) AS n;
CREATE TABLE log (id int);
CREATE TABLE log_old () INHERITS (log);
INSERT INTO log_old SELECT n FROM generate_series(1, 100) AS n;
-- migration
SET timezone = 'Europe/Vienna';
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
ALTER TABLE orders ALTER COLUMN id TYPE bigint;
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
ALTER TABLE orders ALTER COLUMN total TYPE numeric(12,3);
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
ALTER TABLE orders ALTER COLUMN at TYPE timestamptz;
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
ALTER TABLE orders ALTER COLUMN doc TYPE jsonb USING doc::jsonb;
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite yes
ALTER TABLE orders ALTER COLUMN code TYPE text USING upper(code);
-- Its children hold the rows.
ALTER TABLE log ALTER COLUMN id TYPE bigint;
