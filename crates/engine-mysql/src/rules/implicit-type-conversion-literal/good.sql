-- only mysql
-- limit calls = 2
-- limit rows = 10
CREATE TABLE people (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, phone VARCHAR(20) NOT NULL, code INT NOT NULL, KEY (phone), KEY (code)) ENGINE = InnoDB;
INSERT INTO people (phone, code) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i, 5 FROM n;
SELECT id FROM people WHERE phone = '17';
SELECT id FROM people WHERE phone = '18';
SELECT id FROM people WHERE phone = '19';
SELECT id FROM people WHERE code = 5;
SELECT id FROM people WHERE code = 5;
