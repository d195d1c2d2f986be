CREATE TABLE customers (id INT NOT NULL PRIMARY KEY, region INT NOT NULL, UNIQUE KEY region_id (region, id)) ENGINE = InnoDB;
CREATE TABLE payers (id INT NOT NULL PRIMARY KEY) ENGINE = InnoDB;
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer_id INT NOT NULL, region INT NOT NULL, payer INT NOT NULL,
  KEY (region, customer_id), KEY (customer_id), KEY (payer),
  CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id),
  CONSTRAINT orders_customer_region FOREIGN KEY (region, customer_id) REFERENCES customers (region, id),
  CONSTRAINT orders_payer_customer FOREIGN KEY (payer) REFERENCES customers (id),
  CONSTRAINT orders_payer FOREIGN KEY (payer) REFERENCES payers (id)) ENGINE = InnoDB;
