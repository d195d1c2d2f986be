-- limit calls = 2
CREATE TABLE customers (id INT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL) ENGINE = InnoDB;
CREATE TABLE letters (id INT NOT NULL PRIMARY KEY, customer VARCHAR(20) NOT NULL, KEY (customer)) ENGINE = InnoDB;
INSERT INTO customers VALUES (1, 'Ann'), (2, 'Bob');
INSERT INTO letters VALUES (1, '1'), (2, '1'), (3, '2');
SELECT c.name, COUNT(*) FROM customers c JOIN letters l ON c.id = l.customer WHERE c.id = 1 GROUP BY c.name;
SELECT c.name, COUNT(*) FROM customers c JOIN letters l ON c.id = l.customer WHERE c.id = 2 GROUP BY c.name;
