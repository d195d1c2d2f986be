CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer INT NOT NULL, note VARCHAR(10), KEY `customer and id` (customer, id)) ENGINE = InnoDB;
