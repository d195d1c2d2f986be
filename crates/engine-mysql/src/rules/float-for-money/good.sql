CREATE TABLE items (id INT NOT NULL PRIMARY KEY, price DECIMAL(10,2) NOT NULL, weight FLOAT, coffee DOUBLE, total_weight FLOAT, tax_rate FLOAT) ENGINE = InnoDB;
INSERT INTO items VALUES (1, 9.99, 3.5, 1, 2, 0.19);
CREATE TABLE samples (id INT NOT NULL PRIMARY KEY, total DOUBLE, net DOUBLE, sum_of_squares DOUBLE) ENGINE = InnoDB;
