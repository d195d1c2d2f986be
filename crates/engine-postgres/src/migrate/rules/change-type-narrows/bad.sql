CREATE TABLE orders (id bigint PRIMARY KEY, code text, total numeric(10,3), at timestamptz);
INSERT INTO orders SELECT n, 'x', n, now() FROM generate_series(1, 100) AS n;
-- migration
-- claim: rewrite yes
ALTER TABLE orders ALTER COLUMN id TYPE int;
-- claim: rewrite yes
ALTER TABLE orders ALTER COLUMN code TYPE varchar(10);
-- claim: rewrite yes
ALTER TABLE orders ALTER COLUMN total TYPE numeric(10,2);
-- claim: rewrite yes
ALTER TABLE orders ALTER COLUMN at TYPE date;
