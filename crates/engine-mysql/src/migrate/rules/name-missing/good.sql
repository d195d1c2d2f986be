CREATE TABLE orders (id bigint PRIMARY KEY, total decimal(10,2), note varchar(40), KEY orders_note (note),
  CONSTRAINT total_positive CHECK (total > 0));
CREATE PROCEDURE make() CREATE TABLE made (id int PRIMARY KEY);
-- migration
DROP VIEW IF EXISTS nowhere;
ALTER TABLE orders ALTER COLUMN TOTAL SET DEFAULT 1;
CREATE TABLE fresh (id bigint PRIMARY KEY, `Some Value` int, `a,b` int);
ALTER TABLE fresh ALTER COLUMN `some value` SET DEFAULT 1, ADD COLUMN later int AFTER ID, ADD KEY by_later (LATER, `a,b`);
ALTER TABLE fresh DROP KEY By_Later, ADD UNIQUE (later);
ALTER TABLE fresh DROP INDEX later;
CREATE TABLE likeness LIKE orders;
ALTER TABLE likeness DROP KEY orders_note, RENAME COLUMN note TO remark;
ALTER TABLE likeness ALTER COLUMN remark SET DEFAULT '';
RENAME TABLE likeness TO swap_0, fresh TO likeness, swap_0 TO fresh;
ALTER TABLE fresh ALTER COLUMN remark SET DEFAULT 'x';
CALL make();
ALTER TABLE made ADD COLUMN note text;
