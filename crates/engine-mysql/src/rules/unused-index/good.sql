-- limit min_window_days = 0
CREATE TABLE customers (id INT NOT NULL PRIMARY KEY) ENGINE = InnoDB;
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer INT NOT NULL, note VARCHAR(50) NOT NULL, KEY note (note), KEY customer (customer), FOREIGN KEY (customer) REFERENCES customers (id)) ENGINE = InnoDB;
INSERT INTO customers VALUES (1);
INSERT INTO orders VALUES (1, 1, 'a'), (2, 1, 'b');
SELECT COUNT(*) FROM orders FORCE INDEX (note) WHERE note = 'a';
