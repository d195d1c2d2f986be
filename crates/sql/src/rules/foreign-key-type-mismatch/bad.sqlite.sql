CREATE TABLE customers (id integer PRIMARY KEY, code text UNIQUE);
CREATE TABLE orders (
    id integer PRIMARY KEY, -- an order's, not a customer's
    customer_id varchar(10) NOT NULL DEFAULT '1' REFERENCES Customers (ID),
    [customer_code] REFERENCES customers (code)
);
INSERT INTO customers VALUES (1, 'a'), (7, 'b');
INSERT INTO orders VALUES (1, '7', 'a'), (2, 1, 'b');
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_code ON orders (customer_code);
-- The primary key is meant when no column is named; another table refers to this one.
CREATE TABLE "order ""items""" (id integer PRIMARY KEY, "order.id" blob REFERENCES customers);
CREATE TABLE notes (id integer PRIMARY KEY, item integer REFERENCES "order ""items""");
