-- only mysql
-- limit calls = 2
-- limit rows = 10
CREATE TABLE people (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, phone VARCHAR(20) NOT NULL, KEY `by phone` (phone)) ENGINE = InnoDB;
INSERT INTO people (phone) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i FROM n;
SELECT id FROM people AS p WHERE p.phone = 17;
SELECT id FROM people AS p WHERE p.phone = 18;
SELECT id FROM people AS p WHERE p.phone = 19;
