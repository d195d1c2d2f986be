CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, state text, number integer);
CREATE INDEX orders_customer_state ON orders (customer_id, state);
CREATE INDEX orders_state ON orders (state);
CREATE INDEX orders_mixed ON orders (customer_id DESC, number);
-- A unique index says more than the wider one.
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE INDEX orders_number_state ON orders (number, state);
CREATE INDEX orders_open ON orders (state, id) WHERE number > 5;
