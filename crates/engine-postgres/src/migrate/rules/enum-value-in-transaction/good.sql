CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE people (id bigint PRIMARY KEY, feels mood);
INSERT INTO people VALUES (1, 'ok');
-- migration
SET lock_timeout = '2s';
ALTER TYPE mood ADD VALUE 'happy';
UPDATE people SET feels = 'happy' WHERE id = 1;
BEGIN;
CREATE TYPE size AS ENUM ('small', 'large');
ALTER TYPE size ADD VALUE 'huge';
CREATE TABLE boxes (id bigint PRIMARY KEY, size size DEFAULT 'large');
COMMIT;
