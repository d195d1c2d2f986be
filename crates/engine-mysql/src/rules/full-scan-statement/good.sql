-- limit calls = 3
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer INT NOT NULL, note VARCHAR(20) NOT NULL, KEY (customer)) ENGINE = InnoDB;
INSERT INTO orders WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, i % 300, 'x' FROM n;
INSERT INTO orders SELECT id + 1000, customer, note FROM orders;
-- repeat 4
SELECT id FROM orders WHERE customer = 17;
-- It returns what it reads.
-- repeat 4
SELECT id, note FROM orders;
ANALYZE TABLE orders;
-- repeat 4
UPDATE orders SET note = 'y' WHERE customer = 17;
-- It changes what it reads.
-- repeat 4
UPDATE orders SET note = RIGHT(RAND(), 9);
-- It needs every row.
-- repeat 4
SELECT COUNT(DISTINCT note), SUM(customer) FROM orders;
