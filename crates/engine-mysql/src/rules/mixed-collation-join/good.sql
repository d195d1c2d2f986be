-- limit calls = 2
CREATE TABLE customers (id INT NOT NULL PRIMARY KEY, email VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL, UNIQUE KEY (email)) ENGINE = InnoDB;
CREATE TABLE letters (id INT NOT NULL PRIMARY KEY, email VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL, note VARCHAR(80) CHARACTER SET latin1, KEY (email)) ENGINE = InnoDB;
SELECT c.id, COUNT(*) FROM customers c JOIN letters AS l ON l.email = c.email WHERE c.id = 1 AND l.note = 'x' GROUP BY c.id;
SELECT c.id, COUNT(*) FROM customers c JOIN letters AS l ON l.email = c.email WHERE c.id = 2 AND l.note = 'y' GROUP BY c.id;
