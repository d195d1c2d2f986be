CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, note VARCHAR(20)) ENGINE = InnoDB;
-- A unique index over NOT NULL columns is the clustered key when there is no primary key.
CREATE TABLE rates (day DATE NOT NULL, currency CHAR(3) NOT NULL, rate DECIMAL(12, 6), UNIQUE KEY (day, currency)) ENGINE = InnoDB;
CREATE VIEW both_of_them AS SELECT id FROM orders;
