-- weight: 100
SELECT id, note FROM orders WHERE customer_id = 4711;

SELECT name FROM customers WHERE id = 42;
