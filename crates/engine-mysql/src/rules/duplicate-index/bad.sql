CREATE TABLE products (id INT NOT NULL PRIMARY KEY, sku VARCHAR(40) NOT NULL, name VARCHAR(80) NOT NULL,
  UNIQUE KEY `id and sku` (id, sku), KEY name_whole (name), KEY name_begin (name(10))) ENGINE = InnoDB;
