CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT);
INSERT INTO orders SELECT value, 'new' FROM generate_series(1, 90000);
-- migration
-- claim: rewrite no
CREATE INDEX orders_state ON orders (state);
