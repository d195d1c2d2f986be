CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(10,2), note text);
INSERT INTO orders SELECT n, n, 'x' FROM generate_series(1, 100) AS n;
-- migration
ALTER TABLE orders ADD COLUMN interim int;
ALTER TABLE orders DROP COLUMN interim;
CREATE TABLE fresh (id bigint, note text);
ALTER TABLE fresh DROP COLUMN note;
ALTER TABLE orders DROP COLUMN IF EXISTS never;
