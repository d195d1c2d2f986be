CREATE TABLE customers (id int NOT NULL PRIMARY KEY, name varchar(20)) ENGINE=InnoDB;
CREATE TABLE orders (id int NOT NULL PRIMARY KEY, customer int NOT NULL, CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers (id)) ENGINE=InnoDB;
INSERT INTO customers VALUES (1, 'a');
INSERT INTO orders VALUES (1, 1);
-- migration
ALTER TABLE orders ADD INDEX orders_both (customer, id), ALGORITHM=INPLACE, LOCK=NONE;
ALTER TABLE customers ADD COLUMN tier int, ALGORITHM=INSTANT;
ALTER TABLE customers ADD COLUMN city varchar(30), ALGORITHM=INSTANT;
