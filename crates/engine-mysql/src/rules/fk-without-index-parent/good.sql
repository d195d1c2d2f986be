CREATE TABLE regions (id INT NOT NULL PRIMARY KEY, code VARCHAR(10) NOT NULL, year INT NOT NULL, UNIQUE KEY (code, year)) ENGINE = InnoDB;
CREATE TABLE cities (id INT NOT NULL PRIMARY KEY, region VARCHAR(10), year INT, other INT, KEY (region, year), KEY (other),
  FOREIGN KEY (region, year) REFERENCES regions (code, year), FOREIGN KEY (other) REFERENCES cities (id)) ENGINE = InnoDB;
