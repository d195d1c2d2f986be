CREATE TABLE people (id bigint PRIMARY KEY, name text, remark text);
CREATE INDEX people_name ON people (name);
INSERT INTO people SELECT n, 'x', 'y' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
-- claim: rewrite no
ALTER TABLE people ALTER COLUMN remark TYPE text COLLATE "C";
CREATE INDEX CONCURRENTLY people_name_c ON people (name COLLATE "C");
