-- InnoDB makes an index for each foreign key; MariaDB lets it be dropped while the keys are not checked.
CREATE TABLE customers (id int PRIMARY KEY, name varchar(50));
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id));
SET foreign_key_checks = 0;
ALTER TABLE orders DROP INDEX orders_customer;
