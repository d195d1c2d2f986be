CREATE DOMAIN email AS text;
CREATE TABLE letters (id bigint PRIMARY KEY, sender email);
INSERT INTO letters SELECT n, 'a@b' FROM generate_series(1, 100) AS n;
-- migration
-- claim: lock SHARE ON letters; rewrite no
ALTER DOMAIN email ADD CONSTRAINT has_at CHECK (VALUE LIKE '%@%');
-- claim: lock SHARE ON letters; rewrite no
ALTER DOMAIN email SET NOT NULL;
ALTER DOMAIN email ADD CONSTRAINT short CHECK (length(VALUE) < 99) NOT VALID;
-- claim: lock SHARE ON letters; rewrite no
ALTER DOMAIN email VALIDATE CONSTRAINT short;
