-- limit calls = 3
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, note VARCHAR(200) NOT NULL) ENGINE = InnoDB;
INSERT INTO orders WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, CONCAT(LPAD(i * 7919 % 1009, 9, '0'), REPEAT('x', 150)) FROM n;
INSERT INTO orders SELECT id + 1000, note FROM orders;
INSERT INTO orders SELECT id + 2000, note FROM orders;
INSERT INTO orders SELECT id + 4000, note FROM orders;
SET SESSION sort_buffer_size = 32768;
-- repeat 4
SELECT id, note FROM orders ORDER BY note;
