-- The statements that the shop runs, with how often. Weights are calls in an hour.

-- weight: 5200
SELECT id, status, total_cents, created_at FROM orders WHERE customer_id = 4711 ORDER BY created_at DESC LIMIT 20;

-- weight: 4100
SELECT i.quantity, i.price_cents, p.name FROM order_items i JOIN products p ON p.id = i.product_id WHERE i.order_id = 123456;

-- weight: 2600
SELECT id, name FROM customers WHERE email = 'customer31337@example.com';

-- weight: 900
SELECT id, customer_id, total_cents FROM orders WHERE status = 'open' ORDER BY created_at LIMIT 50;

-- weight: 350
SELECT avg(stars), count(*) FROM reviews WHERE customer_id = 4711;

-- weight: 60
SELECT count(*), sum(total_cents) FROM orders WHERE created_at >= '2026-06-01' AND created_at < '2026-06-02';

-- weight: 40
SELECT p.id, p.name, sum(i.quantity) AS sold FROM order_items i JOIN products p ON p.id = i.product_id WHERE p.category_id = 12 GROUP BY p.id, p.name ORDER BY sold DESC, p.id LIMIT 10;
