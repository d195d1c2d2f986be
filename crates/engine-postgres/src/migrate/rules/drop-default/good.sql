CREATE TABLE orders (id bigint PRIMARY KEY, amount int NOT NULL DEFAULT 0, note text DEFAULT 'x');
INSERT INTO orders SELECT n, n FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ALTER COLUMN amount SET DEFAULT 1;
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ALTER COLUMN note DROP DEFAULT;
CREATE TABLE fresh (id bigint PRIMARY KEY, state int NOT NULL DEFAULT 0);
ALTER TABLE fresh ALTER COLUMN state DROP DEFAULT;
