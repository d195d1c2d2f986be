CREATE TABLE people (id bigint PRIMARY KEY, name text, remark text);
CREATE INDEX people_name ON people (name);
INSERT INTO people SELECT n, 'x', 'y' FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock ACCESS EXCLUSIVE ON people; rewrite no
ALTER TABLE people ALTER COLUMN name TYPE text COLLATE "C";
