CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, state text, number integer UNIQUE);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_customer_state ON orders (customer_id, state);
-- The unique clause has made one on the same column already.
CREATE INDEX orders_number ON orders (number);
-- Read backwards, the wider one gives the same order.
CREATE INDEX "orders.state" ON orders (state DESC, number DESC);
CREATE INDEX orders_state_number ON orders (state, number, customer_id);
