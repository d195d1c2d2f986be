CREATE TABLE customers (id integer PRIMARY KEY, name text);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id text REFERENCES customers (id));
CREATE INDEX orders_customer ON orders (customer_id);
