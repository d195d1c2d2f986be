CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT, total REAL);
INSERT INTO orders SELECT value, 'new', value FROM generate_series(1, 20000);

-- migration
-- claim: rewrite yes
UPDATE orders SET state = 'old' WHERE state = 'new';
