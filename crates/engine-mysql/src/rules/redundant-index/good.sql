CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer INT NOT NULL, note VARCHAR(10), KEY customer (customer), UNIQUE KEY note (note, id)) ENGINE = InnoDB;
CREATE TABLE order_lines (order_id INT NOT NULL, line INT NOT NULL, product INT NOT NULL, PRIMARY KEY (order_id, line), KEY product (product, line, order_id)) ENGINE = InnoDB;
