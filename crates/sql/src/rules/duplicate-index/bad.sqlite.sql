CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, state text UNIQUE, note text);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_by_customer ON orders (Customer_ID ASC);
-- The unique clause has made one already.
CREATE UNIQUE INDEX "orders ""state""" ON orders (state);
-- Expressions, predicates, collations.
CREATE INDEX orders_lower ON orders (lower(note) COLLATE nocase, id DESC) WHERE customer_id > 0;
CREATE INDEX "orders.lower" ON orders (lower(note) COLLATE nocase, id DESC) WHERE customer_id > 0;
