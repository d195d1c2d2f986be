CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
-- migration
UPDATE orders SET note = 'y' WHERE note IS NULL;
