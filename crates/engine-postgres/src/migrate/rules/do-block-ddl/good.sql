CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
DO $$ BEGIN RAISE NOTICE 'hello'; CREATE TABLE fresh (id int); ALTER TABLE fresh ADD COLUMN a int; END $$;
ALTER TABLE orders ADD COLUMN IF NOT EXISTS tier int;
