CREATE TABLE orders (id bigint PRIMARY KEY, amount int NOT NULL DEFAULT 0);
INSERT INTO orders SELECT n, n FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ADD COLUMN reserved int DEFAULT 0 NOT NULL;
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ALTER COLUMN reserved DROP DEFAULT;
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ALTER COLUMN amount DROP DEFAULT;
