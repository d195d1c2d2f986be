CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, state text);
CREATE INDEX orders_customer ON orders (customer_id, state);
CREATE INDEX orders_state ON orders (state, customer_id);
CREATE INDEX orders_open ON orders (customer_id) WHERE state = 'open';
CREATE INDEX orders_late ON orders (customer_id) WHERE state = 'late';
CREATE INDEX orders_down ON orders (customer_id DESC, state);
