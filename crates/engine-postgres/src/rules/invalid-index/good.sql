-- The same two indexes, built to their end.
CREATE TABLE orders (id bigint PRIMARY KEY, customer text NOT NULL, note text);
INSERT INTO orders VALUES (1, 'ada', 'a'), (2, 'bob', 'b');
CREATE UNIQUE INDEX CONCURRENTLY orders_customer_key ON orders (customer);
CREATE INDEX CONCURRENTLY "Orders note" ON orders (note);
