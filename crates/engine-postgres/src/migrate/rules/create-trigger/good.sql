CREATE TABLE orders (id bigint PRIMARY KEY, note text);
INSERT INTO orders SELECT n, 'x' FROM generate_series(1, 100) AS n;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
-- migration
SET lock_timeout = '2s';
CREATE TRIGGER orders_keep BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION keep();
CREATE TABLE fresh (id bigint);
CREATE TRIGGER fresh_keep BEFORE UPDATE ON fresh FOR EACH ROW EXECUTE FUNCTION keep();
