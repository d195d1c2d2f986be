CREATE TABLE products (id INT NOT NULL PRIMARY KEY, sku VARCHAR(40) NOT NULL, name VARCHAR(80) NOT NULL,
  UNIQUE KEY sku (sku), KEY name_sku (name, sku), KEY sku_name_begin (sku, name(10)), FULLTEXT KEY words (name)) ENGINE = InnoDB;
CREATE TABLE lines_of (order_id INT NOT NULL, line INT NOT NULL, product INT NOT NULL, PRIMARY KEY (order_id, line), KEY turned (line, order_id)) ENGINE = InnoDB;
