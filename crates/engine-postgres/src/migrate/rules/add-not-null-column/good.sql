CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 100) AS n;
CREATE TABLE empty (id bigint);
-- migration
SET lock_timeout = '2s';
-- claim: rewrite no
ALTER TABLE orders ADD COLUMN tier text NOT NULL DEFAULT 'basic';
ALTER TABLE orders ADD COLUMN remark text;
ALTER TABLE empty ADD COLUMN tier text NOT NULL;
CREATE TABLE fresh (id bigint);
ALTER TABLE fresh ADD COLUMN tier text NOT NULL;
