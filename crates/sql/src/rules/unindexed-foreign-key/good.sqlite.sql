CREATE TABLE customers (id integer PRIMARY KEY, name text);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers (id), coupon integer REFERENCES customers (id));
CREATE INDEX orders_customer ON orders (customer_id, id);
CREATE INDEX orders_coupon ON orders (coupon) WHERE coupon IS NOT NULL;
-- The key itself is the reference.
CREATE TABLE profiles (customer_id integer PRIMARY KEY REFERENCES customers (id), text text);
