CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 100) AS n;
CREATE TABLE empty (id bigint);
-- migration
SET lock_timeout = '2s';
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
ALTER TABLE orders ADD COLUMN at timestamptz NOT NULL DEFAULT now();
-- claim: rewrite no
ALTER TABLE orders ADD COLUMN kind text DEFAULT 'plain', ADD COLUMN extra jsonb DEFAULT '{}';
ALTER TABLE orders ADD COLUMN token uuid;
ALTER TABLE orders ALTER COLUMN token SET DEFAULT gen_random_uuid();
ALTER TABLE empty ADD COLUMN token uuid DEFAULT gen_random_uuid();
CREATE TABLE fresh (id bigint);
ALTER TABLE fresh ADD COLUMN token uuid DEFAULT gen_random_uuid();
