-- limit minutes = 0
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, note VARCHAR(20) NOT NULL) ENGINE = InnoDB;
INSERT INTO orders VALUES (1, 'a'), (2, 'b');
-- session program
BEGIN;
UPDATE orders SET note = 'c' WHERE id = 1;
