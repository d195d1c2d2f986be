CREATE DOMAIN email AS text;
CREATE TABLE letters (id bigint PRIMARY KEY, sender email);
INSERT INTO letters SELECT n, 'a@b' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
ALTER DOMAIN email ADD CONSTRAINT has_at CHECK (VALUE LIKE '%@%') NOT VALID;
CREATE DOMAIN word AS text;
ALTER DOMAIN word ADD CONSTRAINT given CHECK (VALUE <> '');
