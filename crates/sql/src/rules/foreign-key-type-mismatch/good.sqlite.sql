CREATE TABLE customers (id integer PRIMARY KEY, code varchar(10) UNIQUE);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer REFERENCES customers (id), customer_code text REFERENCES customers (code));
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_customer_code ON orders (customer_code);
