CREATE DOMAIN customer_id AS bigint;
CREATE TABLE customers (id customer_id PRIMARY KEY, code varchar(10) UNIQUE, token uuid UNIQUE);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id bigint REFERENCES customers (id),
    customer_code text REFERENCES customers (code),
    customer_token uuid REFERENCES customers (token)
);
