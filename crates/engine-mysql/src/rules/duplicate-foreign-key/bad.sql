CREATE TABLE customers (id INT NOT NULL PRIMARY KEY, region INT NOT NULL, UNIQUE KEY region_id (region, id)) ENGINE = InnoDB;
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer_id INT NOT NULL, region INT NOT NULL, payer INT NOT NULL,
  KEY (region, customer_id), KEY (customer_id), KEY (payer),
  CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id),
  CONSTRAINT `orders customer again` FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE NO ACTION,
  CONSTRAINT orders_payer FOREIGN KEY (payer) REFERENCES customers (id) ON DELETE CASCADE,
  CONSTRAINT orders_payer_strict FOREIGN KEY (payer) REFERENCES customers (id)) ENGINE = InnoDB;
