-- limit calls = 3
-- limit felt_share = 0
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer INT NOT NULL, status CHAR(4) NOT NULL, note VARCHAR(20) NOT NULL, KEY (status)) ENGINE = InnoDB;
INSERT INTO orders WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, i, IF(i % 3 = 0, 'open', 'sent'), 'x' FROM n;
INSERT INTO orders SELECT id + 1000, customer, status, note FROM orders;
INSERT INTO orders SELECT id + 2000, customer, status, note FROM orders;
INSERT INTO orders SELECT id + 4000, customer, status, note FROM orders;
ANALYZE TABLE orders;
-- repeat 4
SELECT note FROM orders FORCE INDEX (status) WHERE status = 'open' AND customer = 18;
