CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
-- migration
UPDATE orders SET note = 'y' WHERE id = 3;
INSERT INTO orders VALUES (1000, 'new', 'x');
