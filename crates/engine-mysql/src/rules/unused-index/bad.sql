-- limit min_window_days = 0
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer INT NOT NULL, note VARCHAR(50) NOT NULL, KEY customer (customer), KEY `orders note` (note), UNIQUE KEY one_note (note, id)) ENGINE = InnoDB;
INSERT INTO orders VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 3, 'd'), (5, 4, 'e'), (6, 5, 'f');
SELECT COUNT(*) FROM orders FORCE INDEX (customer) WHERE customer = 2;
