-- limit rows = 2
CREATE TABLE orders (id CHAR(36) NOT NULL PRIMARY KEY, customer INT NOT NULL, at DATETIME NOT NULL, KEY customer (customer), KEY at (at)) ENGINE = InnoDB;
INSERT INTO orders VALUES (UUID(), 1, NOW()), (UUID(), 2, NOW()), (UUID(), 3, NOW());
CREATE TABLE order_lines (order_id CHAR(36) NOT NULL, line INT NOT NULL, PRIMARY KEY (order_id, line), FOREIGN KEY (order_id) REFERENCES orders (id)) ENGINE = InnoDB;
ANALYZE TABLE orders;
