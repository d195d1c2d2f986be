CREATE TABLE orders (id int PRIMARY KEY, customer_id int, state varchar(20), number int, UNIQUE KEY number_key (number));
-- A unique index demands more than the wider one; a prefix finds what the whole column does not.
ALTER TABLE orders ADD UNIQUE INDEX customer_key (customer_id), ADD INDEX customer_state (customer_id, state);
ALTER TABLE orders ADD INDEX state_begin (state(5)), ADD INDEX state_number (state, number DESC);
