-- weight: 100
SELECT * FROM orders WHERE customer_id = 4711;

SELECT name FROM customers WHERE id = 42;
