CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 100) AS n;
CREATE TABLE empty (id bigint, note text);
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT orders_note_given CHECK (note IS NOT NULL) NOT VALID;
-- claim: lock SHARE UPDATE EXCLUSIVE ON orders
ALTER TABLE orders VALIDATE CONSTRAINT orders_note_given;
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ALTER COLUMN note SET NOT NULL;
ALTER TABLE orders ALTER COLUMN id SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT orders_note_given;
ALTER TABLE empty ALTER COLUMN note SET NOT NULL;
CREATE TABLE fresh (id bigint);
ALTER TABLE fresh ALTER COLUMN id SET NOT NULL;
