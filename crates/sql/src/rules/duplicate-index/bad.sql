CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, state text UNIQUE);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_by_customer ON orders (customer_id);
-- The unique clause has made one already.
CREATE UNIQUE INDEX orders_state ON orders (state);
