CREATE TABLE customers (id int NOT NULL PRIMARY KEY);
INSERT INTO customers VALUES (1), (2);
CREATE TABLE orders (id int NOT NULL PRIMARY KEY, customer_id int, seller_id int, KEY by_seller (seller_id));
INSERT INTO orders VALUES (1, 1, 1), (2, 2, NULL);
-- migration
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders ADD CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE;
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders ADD FOREIGN KEY (seller_id) REFERENCES customers (id);
