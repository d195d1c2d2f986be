CREATE TABLE regions (id INT NOT NULL PRIMARY KEY, code VARCHAR(10) NOT NULL, year INT NOT NULL, KEY (code, year)) ENGINE = InnoDB;
/*!80400 SET SESSION restrict_fk_on_non_standard_key = OFF */;
CREATE TABLE cities (id INT NOT NULL PRIMARY KEY, region VARCHAR(10), KEY (region), CONSTRAINT `city's region` FOREIGN KEY (region) REFERENCES regions (code)) ENGINE = InnoDB;
