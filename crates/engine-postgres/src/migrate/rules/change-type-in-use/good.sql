CREATE TABLE orders (id bigint PRIMARY KEY, code varchar(10), state varchar(10), total numeric(10,2));
INSERT INTO orders SELECT n, 'x', 'new', n FROM generate_series(1, 100) AS n;
CREATE VIEW codes AS SELECT id, code FROM orders;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER orders_state BEFORE UPDATE OF state ON orders FOR EACH ROW EXECUTE FUNCTION touch();
-- migration
ALTER TABLE orders ALTER COLUMN total TYPE numeric(12,2);
BEGIN;
SET LOCAL lock_timeout = '3s';
DROP VIEW codes;
ALTER TABLE orders ALTER COLUMN code TYPE varchar(20);
CREATE VIEW codes AS SELECT id, code FROM orders;
COMMIT;
BEGIN;
SET LOCAL lock_timeout = '3s';
DROP TRIGGER orders_state ON orders;
ALTER TABLE orders ALTER COLUMN state TYPE text;
COMMIT;
