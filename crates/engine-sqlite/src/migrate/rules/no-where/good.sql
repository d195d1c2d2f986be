CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT, total REAL);
INSERT INTO orders SELECT value, 'new', value FROM generate_series(1, 20000);

-- migration
UPDATE orders SET state = 'old' WHERE id = 7;
CREATE TABLE fresh (a);
UPDATE fresh SET a = 1;
DELETE FROM fresh;
