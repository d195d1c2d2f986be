CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT, total REAL);
INSERT INTO orders SELECT value, 'new', value FROM generate_series(1, 20000);
CREATE INDEX orders_total ON orders (total);
ANALYZE;
-- migration
CREATE INDEX orders_state ON orders (state);
ANALYZE orders;
