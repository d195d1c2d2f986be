-- weight: 100
SELECT id, note FROM orders WHERE customer_id = 4711 ORDER BY made_at DESC LIMIT 20;

-- A primary key serves this one.
SELECT name FROM customers WHERE id = 2;
