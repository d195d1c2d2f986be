CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text, CONSTRAINT total_positive CHECK (total > 0));
CREATE INDEX orders_note ON orders (note);
CREATE TABLE invoices (id bigint PRIMARY KEY);
-- migration
CREATE TABLE fresh (id bigint PRIMARY KEY);
-- claim: fails 42P07
CREATE TABLE orders (id bigint PRIMARY KEY, kind text);
-- claim: fails 42701
ALTER TABLE orders ADD COLUMN note varchar(40);
-- claim: fails 42P07
CREATE INDEX orders_note ON fresh (id);
-- claim: fails 42710
ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total >= 0) NOT VALID;
-- claim: fails 42701
ALTER TABLE orders RENAME COLUMN total TO note;
-- claim: fails 42P07
ALTER TABLE invoices RENAME TO orders;
-- claim: fails 42P07
CREATE TABLE fresh (id bigint PRIMARY KEY);
