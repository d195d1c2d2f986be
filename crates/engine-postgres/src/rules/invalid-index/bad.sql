-- Two concurrent builds that failed.
CREATE TABLE orders (id bigint PRIMARY KEY, customer text NOT NULL, note text);
INSERT INTO orders VALUES (1, 'ada', 'a'), (2, 'ada', 'b'), (3, 'bob', 'c');
-- fails
CREATE UNIQUE INDEX CONCURRENTLY orders_customer_key ON orders (customer);

-- A transaction that holds a lock on the table keeps the other build waiting until its timeout.
-- session writer
BEGIN;
UPDATE orders SET note = 'd' WHERE id = 1;
-- session builder
SET statement_timeout = '300ms';
-- fails
CREATE INDEX CONCURRENTLY "Orders note" ON orders (note);
-- session writer
COMMIT;
