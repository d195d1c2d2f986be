CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE people (id bigint PRIMARY KEY, feels mood);
INSERT INTO people VALUES (1, 'ok');
-- migration
BEGIN;
ALTER TYPE mood ADD VALUE 'happy';
-- claim: fails 55P04
UPDATE people SET feels = 'happy' WHERE id = 1;
ROLLBACK;
