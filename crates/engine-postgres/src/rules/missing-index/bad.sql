CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 2000) g;
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, note text NOT NULL, terms text NOT NULL);
INSERT INTO orders SELECT g, (g * 7919) % 20000, 'some words on order ' || g, repeat('terms and conditions apply ', 10) FROM generate_series(1, 60000) g;
ANALYZE customers, orders;
