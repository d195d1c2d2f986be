CREATE TABLE orders (id int PRIMARY KEY, customer_id int, state varchar(20), number int, UNIQUE KEY number_key (number));
ALTER TABLE orders ADD INDEX orders_customer (customer_id);
ALTER TABLE orders ADD INDEX orders_customer_state (customer_id, state);
-- A unique index is on the same column already.
ALTER TABLE orders ADD INDEX `orders.number` (number);
-- Read backwards, the wider one gives the same order.
ALTER TABLE orders ADD INDEX state_number (state DESC, number DESC), ADD INDEX state_number_customer (state, number, customer_id);
