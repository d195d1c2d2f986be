-- limit tables = 3
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer INT NOT NULL, note VARCHAR(200) NOT NULL) ENGINE = InnoDB;
INSERT INTO orders WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, i, REPEAT('x', 200) FROM n;
-- repeat 4
SELECT customer, note, COUNT(*) FROM orders GROUP BY customer, note ORDER BY COUNT(*) DESC LIMIT 1;
