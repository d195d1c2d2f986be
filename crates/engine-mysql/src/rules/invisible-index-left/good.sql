CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, note VARCHAR(50), at DATETIME, KEY `by note` (note, at DESC)) ENGINE = InnoDB;
