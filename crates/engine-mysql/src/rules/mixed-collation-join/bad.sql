-- limit calls = 2
CREATE TABLE customers (id INT NOT NULL PRIMARY KEY, email VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL, UNIQUE KEY (email)) ENGINE = InnoDB;
CREATE TABLE letters (id INT NOT NULL PRIMARY KEY, email VARCHAR(80) CHARACTER SET latin1 NOT NULL, KEY (email)) ENGINE = InnoDB;
INSERT INTO customers VALUES (1, 'a@example.com'), (2, 'b@example.com');
INSERT INTO letters VALUES (1, 'a@example.com'), (2, 'a@example.com'), (3, 'b@example.com');
SELECT c.id, COUNT(*) FROM customers c JOIN letters AS l ON l.email = c.email WHERE c.id = 1 GROUP BY c.id;
SELECT c.id, COUNT(*) FROM customers c JOIN letters AS l ON l.email = c.email WHERE c.id = 2 GROUP BY c.id;
