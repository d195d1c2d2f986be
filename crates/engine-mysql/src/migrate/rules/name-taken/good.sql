CREATE TABLE orders (id bigint PRIMARY KEY, total decimal(10,2), note varchar(40), KEY orders_note (note),
  CONSTRAINT total_positive CHECK (total > 0));
CREATE VIEW notes AS SELECT id, note FROM orders;
-- migration
CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY);
CREATE OR REPLACE VIEW notes AS SELECT id, total FROM orders;
CREATE TEMPORARY TABLE orders (id int PRIMARY KEY);
DROP TEMPORARY TABLE orders;
ALTER TABLE orders DROP KEY orders_note, ADD KEY orders_note (note, total);
CREATE TABLE drafts (id bigint PRIMARY KEY, parent bigint, a int, b int, CONSTRAINT parent FOREIGN KEY (parent) REFERENCES drafts (id));
ALTER TABLE drafts RENAME COLUMN a TO b, RENAME COLUMN b TO a;
ALTER TABLE drafts CHANGE a A bigint, ADD KEY parent (parent, a);
ALTER TABLE drafts RENAME TO sketches;
CREATE TABLE drafts (id bigint PRIMARY KEY);
