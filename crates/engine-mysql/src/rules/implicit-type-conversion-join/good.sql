-- limit calls = 2
CREATE TABLE customers (id INT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL) ENGINE = InnoDB;
CREATE TABLE letters (id INT NOT NULL PRIMARY KEY, customer BIGINT NOT NULL, KEY (customer)) ENGINE = InnoDB;
SELECT c.name, COUNT(*) FROM customers c JOIN letters l ON c.id = l.customer WHERE c.id = 1 AND c.name = 'x' GROUP BY c.name;
SELECT c.name, COUNT(*) FROM customers c JOIN letters l ON c.id = l.customer WHERE c.id = 2 AND c.name = 'x' GROUP BY c.name;
