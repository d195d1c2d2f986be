-- limit calls = 3
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, note VARCHAR(200) NOT NULL, KEY (note)) ENGINE = InnoDB;
INSERT INTO orders WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, CONCAT(LPAD(i * 7919 % 1009, 9, '0'), REPEAT('x', 150)) FROM n;
SET SESSION sort_buffer_size = 32768;
-- repeat 4
SELECT id, note FROM orders ORDER BY note LIMIT 10;
