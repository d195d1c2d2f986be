CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, note TEXT NOT NULL, made_at TEXT NOT NULL);
INSERT INTO customers VALUES (1, 'Ada'), (2, 'Bob');
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
INSERT INTO orders (customer_id, note, made_at) SELECT i % 20000, 'some words on order ' || i, '2026-01-01' FROM n;
CREATE INDEX orders_customer_id ON orders (customer_id);
