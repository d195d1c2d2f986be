CREATE TABLE regions (id INT NOT NULL PRIMARY KEY, code VARCHAR(10) NOT NULL, year INT NOT NULL, KEY (code, year)) ENGINE = InnoDB;
CREATE TABLE cities (id INT NOT NULL PRIMARY KEY, region VARCHAR(10), KEY (region), CONSTRAINT `city's region` FOREIGN KEY (region) REFERENCES regions (code)) ENGINE = InnoDB;
