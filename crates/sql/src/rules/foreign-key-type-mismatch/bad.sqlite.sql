CREATE TABLE customers (id integer PRIMARY KEY, code text UNIQUE);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id text REFERENCES Customers (ID), customer_code REFERENCES customers (code));
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_code ON orders (customer_code);
-- The primary key is meant when no column is named.
CREATE TABLE "order ""items""" (id integer PRIMARY KEY, "order.id" blob REFERENCES orders);
