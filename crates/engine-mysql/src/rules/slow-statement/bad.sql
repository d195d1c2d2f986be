-- limit calls = 3
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, note VARCHAR(20) NOT NULL) ENGINE = InnoDB;
INSERT INTO orders VALUES (1, 'a'), (2, 'b');
-- repeat 3
SELECT id, SLEEP(0.2) FROM orders WHERE note = 'b';
