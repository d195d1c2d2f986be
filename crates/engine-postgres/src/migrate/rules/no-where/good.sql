CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
-- migration
UPDATE orders SET note = 'y' WHERE id = 5;
CREATE TABLE fresh AS SELECT 1 AS a;
UPDATE fresh SET a = 2;
