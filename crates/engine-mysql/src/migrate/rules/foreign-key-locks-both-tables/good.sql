CREATE TABLE customers (id int NOT NULL PRIMARY KEY);
INSERT INTO customers VALUES (1), (2);
CREATE TABLE orders (id int NOT NULL PRIMARY KEY, customer_id int, KEY by_customer (customer_id));
INSERT INTO orders VALUES (1, 1), (2, 2);
-- migration
CREATE TABLE fresh (id int PRIMARY KEY, customer_id int);
ALTER TABLE fresh ADD FOREIGN KEY (customer_id) REFERENCES customers (id);
SET foreign_key_checks = 0;
-- claim mysql: ALGORITHM=INPLACE, LOCK=NONE
-- claim mariadb: ALGORITHM=INSTANT
ALTER TABLE orders ADD CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id);
SET foreign_key_checks = 1;
-- claim mysql: ALGORITHM=INPLACE, LOCK=NONE
-- claim mariadb: ALGORITHM=INSTANT
ALTER TABLE orders DROP FOREIGN KEY of_customer;
