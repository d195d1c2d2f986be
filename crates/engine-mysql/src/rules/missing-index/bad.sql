-- limit calls = 3
-- limit felt_share = 0
CREATE TABLE customers (id INT NOT NULL PRIMARY KEY, email VARCHAR(40) NOT NULL) ENGINE = InnoDB;
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer INT NOT NULL, placed DATE NOT NULL, status VARCHAR(10) NOT NULL, note VARCHAR(20) NOT NULL) ENGINE = InnoDB;
INSERT INTO customers WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, CONCAT('u', i, '@example.org') FROM n;
INSERT INTO customers SELECT id + 1000, CONCAT('v', email) FROM customers;
INSERT INTO orders SELECT id, id % 300, '2025-01-01' + INTERVAL id % 90 DAY, 'done', 'x' FROM customers;
INSERT INTO orders SELECT id + 10000, customer, placed, status, note FROM orders;
ANALYZE TABLE customers, orders;
-- repeat 40
SELECT id FROM orders WHERE customer = 17 AND placed >= '2025-02-01';
-- The same index serves it.
-- repeat 4
UPDATE orders SET note = 'y' WHERE customer = 19;
-- A join that begins at what is looked for.
-- repeat 4
SELECT c.email, o.id FROM customers AS c JOIN orders o ON o.id = c.id WHERE c.email = 'u8@example.org';
