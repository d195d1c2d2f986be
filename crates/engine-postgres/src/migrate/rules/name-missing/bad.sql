CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text, CONSTRAINT total_positive CHECK (total > 0));
CREATE TABLE basket (id bigint PRIMARY KEY);
CREATE INDEX orders_note ON orders (note);
CREATE VIEW notes AS SELECT id, note FROM orders;
-- migration
CREATE TABLE fresh (id bigint PRIMARY KEY, "Kind" text);
-- claim: fails 42703
ALTER TABLE orders ALTER COLUMN totl SET DEFAULT 0;
-- claim: fails 42703
CREATE INDEX fresh_kind ON fresh (kind);
-- claim: fails 42704
ALTER TABLE orders DROP CONSTRAINT total_positiv;
-- claim: fails 42703
ALTER TABLE fresh ADD CONSTRAINT kind_once UNIQUE (id, kinds);
DROP VIEW notes;
-- claim: fails 42P01
DROP VIEW notes;
ALTER TABLE basket RENAME TO baskets;
-- claim: fails 42P01
ALTER TABLE basket ADD COLUMN owner text;
