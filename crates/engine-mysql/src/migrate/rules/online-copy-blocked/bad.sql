-- applied by psql
CREATE TABLE customers (id int NOT NULL PRIMARY KEY, name varchar(50)) ENGINE=InnoDB;
CREATE TABLE orders (id int NOT NULL PRIMARY KEY, customer int NOT NULL, amount int, CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers (id)) ENGINE=InnoDB;
CREATE TABLE audited (id int NOT NULL PRIMARY KEY, amount int) ENGINE=InnoDB;
CREATE TRIGGER audited_keep BEFORE UPDATE ON audited FOR EACH ROW SET NEW.amount = NEW.amount;
CREATE TABLE keyless (amount int) ENGINE=InnoDB;
INSERT INTO customers VALUES (1, 'a');
INSERT INTO orders VALUES (1, 1, 10);
INSERT INTO audited VALUES (1, 10);
INSERT INTO keyless VALUES (10);
-- migration
ALTER TABLE orders MODIFY amount bigint, ALGORITHM=COPY, LOCK=SHARED;
ALTER TABLE customers MODIFY name char(50), ALGORITHM=COPY, LOCK=SHARED;
ALTER TABLE audited MODIFY amount bigint, ALGORITHM=COPY, LOCK=SHARED;
ALTER TABLE keyless MODIFY amount bigint, ALGORITHM=COPY, LOCK=SHARED;
