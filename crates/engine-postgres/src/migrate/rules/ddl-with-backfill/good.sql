CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
CREATE TABLE settings (id int PRIMARY KEY, value text);
-- migration
BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN tier int;
INSERT INTO settings VALUES (1, 'x');
CREATE TABLE fresh (id int);
INSERT INTO fresh SELECT generate_series(1, 10);
COMMIT;
