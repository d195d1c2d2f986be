CREATE TABLE customers (
  id INT NOT NULL PRIMARY KEY,
  `full name` VARCHAR(50) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci NOT NULL DEFAULT 'it''s unknown' COMMENT 'as on the passport',
  code CHAR(4) CHARACTER SET ascii NOT NULL,
  note TEXT CHARACTER SET utf8mb3 COLLATE utf8mb3_unicode_ci,
  KEY (`full name`)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
INSERT INTO customers (id, code) VALUES (1, 'a');
-- With a foreign key on the column, one statement is not enough.
CREATE TABLE regions (code VARCHAR(10) CHARACTER SET utf8mb3 NOT NULL PRIMARY KEY) ENGINE = InnoDB;
CREATE TABLE cities (id INT NOT NULL PRIMARY KEY, region VARCHAR(10) CHARACTER SET utf8mb3, KEY (region), FOREIGN KEY (region) REFERENCES regions (code)) ENGINE = InnoDB;
