-- limit calls = 3
CREATE TABLE items (id INT NOT NULL PRIMARY KEY, name INT NOT NULL, KEY name (name)) ENGINE = InnoDB;
INSERT INTO items WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, i FROM n;
INSERT INTO items SELECT id + 1000, name FROM items;
ANALYZE TABLE items;
-- repeat 4
SELECT id FROM items WHERE id IN (17, 1717, 402);
-- repeat 4
SELECT id FROM items WHERE id > 1700 ORDER BY id LIMIT 5;
-- repeat 4
SELECT id FROM items ORDER BY id LIMIT 5;
