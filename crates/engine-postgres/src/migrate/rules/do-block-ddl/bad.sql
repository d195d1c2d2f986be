CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
-- migration
SET lock_timeout = '2s';
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
DO $$ BEGIN ALTER TABLE orders ADD COLUMN tier int; END $$;
-- claim: lock ACCESS EXCLUSIVE ON orders; rewrite no
DO $$ DECLARE r text := 'orders'; BEGIN EXECUTE 'ALTER TABLE ' || r || ' ADD COLUMN kind int'; END $$;
