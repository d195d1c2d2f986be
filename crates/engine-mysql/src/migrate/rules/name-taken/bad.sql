CREATE TABLE orders (id bigint PRIMARY KEY, total decimal(10,2), note varchar(40), KEY orders_note (note),
  CONSTRAINT total_positive CHECK (total > 0));
CREATE TABLE invoices (id bigint PRIMARY KEY);
CREATE VIEW notes AS SELECT id, note FROM orders;
-- migration
CREATE TABLE fresh (id bigint PRIMARY KEY);
-- claim: fails 1050
CREATE TABLE orders (id bigint PRIMARY KEY, kind text);
-- claim: fails 1060
ALTER TABLE orders
  ADD COLUMN weight int,
  ADD COLUMN Note varchar(40);
-- claim: fails 1061
CREATE INDEX orders_note ON orders (total);
-- claim mysql: fails 3822
-- claim mariadb: fails 1826
ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total >= 0);
-- claim: fails 1060
ALTER TABLE orders RENAME COLUMN id TO note;
-- claim: fails 1068
ALTER TABLE orders ADD PRIMARY KEY (id, total);
-- claim: fails 1050
ALTER TABLE invoices RENAME TO orders;
-- claim: fails 1050
CREATE TABLE fresh (id bigint PRIMARY KEY);
-- claim: fails 1050
CREATE VIEW notes AS SELECT 1 AS one;
