CREATE TABLE customers (id bigint NOT NULL PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE orders (id bigint NOT NULL PRIMARY KEY, customer bigint, KEY (customer)) ENGINE=InnoDB;
INSERT INTO customers VALUES (1);
INSERT INTO orders VALUES (1, 77);
-- migration
SET foreign_key_checks = 0;
ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers (id), ALGORITHM=INPLACE, LOCK=NONE;
