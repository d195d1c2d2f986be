-- The server does not come with ARCHIVE everywhere.
CREATE TABLE payments (id INT NOT NULL PRIMARY KEY, amount DECIMAL(10, 2)) ENGINE = InnoDB;
INSERT INTO payments VALUES (1, 9.99), (2, 19.99);
CREATE TEMPORARY TABLE helper (id INT) ENGINE = MEMORY;
CREATE SEQUENCE numbers;
