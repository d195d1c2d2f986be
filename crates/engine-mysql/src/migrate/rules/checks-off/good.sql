CREATE TABLE customers (id bigint NOT NULL PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO customers VALUES (1);
-- migration
SET @before = @@foreign_key_checks, foreign_key_checks = 0;
CREATE TABLE fresh (id bigint NOT NULL PRIMARY KEY, customer bigint, CONSTRAINT fresh_customer FOREIGN KEY (customer) REFERENCES customers (id)) ENGINE=InnoDB;
SET foreign_key_checks = @before;
SET unique_checks = 0;
INSERT INTO fresh VALUES (1, 1);
SET unique_checks = 1;
