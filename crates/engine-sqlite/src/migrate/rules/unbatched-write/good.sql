CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT, total REAL);
INSERT INTO orders SELECT value, 'new', value FROM generate_series(1, 20000);

-- migration
UPDATE orders SET state = 'old' WHERE id IN (1, 2, 3);
DELETE FROM orders WHERE id = 9 AND state = 'new';
CREATE TABLE fresh (a, b);
UPDATE fresh SET a = 1 WHERE b > 2;
