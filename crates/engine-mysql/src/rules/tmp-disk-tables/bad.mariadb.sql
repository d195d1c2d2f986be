-- limit tables = 3
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer INT NOT NULL, note VARCHAR(200) NOT NULL) ENGINE = InnoDB;
INSERT INTO orders WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, i, REPEAT('x', 200) FROM n;
INSERT INTO orders SELECT id + 1000, customer + 1000, note FROM orders;
INSERT INTO orders SELECT id + 2000, customer + 2000, note FROM orders;
SET SESSION tmp_table_size = 1024, SESSION max_heap_table_size = 16384;
-- repeat 4
SELECT customer, note, COUNT(*) FROM orders GROUP BY customer, note ORDER BY COUNT(*) DESC LIMIT 1;
