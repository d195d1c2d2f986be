CREATE TABLE orders (id bigint PRIMARY KEY, total decimal(10,2), note varchar(40), KEY orders_note (note),
  CONSTRAINT total_positive CHECK (total > 0));
CREATE TABLE basket (id bigint PRIMARY KEY);
CREATE VIEW notes AS SELECT id, note FROM orders;
-- migration
CREATE TABLE fresh (id bigint PRIMARY KEY, kind varchar(20));
-- claim: fails 1054
ALTER TABLE orders ALTER COLUMN totl SET DEFAULT 0;
-- claim: fails 1072
CREATE INDEX fresh_kind ON fresh (kinds);
-- claim mysql: fails 3940
-- claim mariadb: fails 1091
ALTER TABLE orders DROP CONSTRAINT total_positiv;
-- claim: fails 1091
ALTER TABLE orders
  DROP INDEX orders_notes;
-- claim: fails 1054
ALTER TABLE fresh CHANGE knd sort varchar(30);
DROP VIEW notes;
-- claim mysql: fails 1051
-- claim mariadb: fails 4092
DROP VIEW notes;
ALTER TABLE basket RENAME TO baskets;
-- claim: fails 1146
ALTER TABLE basket ADD COLUMN owner text;
