CREATE TABLE orders (id bigint PRIMARY KEY, code varchar(10), state varchar(10), total numeric(10,2),
    gross numeric GENERATED ALWAYS AS (total * 1.2) STORED, owner varchar(20));
INSERT INTO orders SELECT n, 'x', 'new', n FROM generate_series(1, 100) AS n;
CREATE VIEW codes AS SELECT id, code FROM orders;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER orders_state BEFORE UPDATE OF state ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY own ON orders USING (owner = current_user);
-- migration
-- claim: fails 0A000
ALTER TABLE orders ALTER COLUMN code TYPE varchar(20);
-- claim: fails 0A000
ALTER TABLE orders ALTER COLUMN state TYPE text;
-- claim: fails 0A000
ALTER TABLE orders ALTER COLUMN owner TYPE text;
-- claim 13-14: fails 42601
-- claim 15+: fails 0A000
ALTER TABLE orders ALTER COLUMN total TYPE numeric(12,2);
