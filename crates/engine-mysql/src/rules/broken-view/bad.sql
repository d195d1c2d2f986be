CREATE TABLE `old orders` (id INT NOT NULL PRIMARY KEY) ENGINE = InnoDB;
CREATE TABLE parts (id INT NOT NULL PRIMARY KEY, colour VARCHAR(10)) ENGINE = InnoDB;
CREATE VIEW history AS SELECT o.id FROM `old orders` o JOIN parts p ON p.id = o.id;
CREATE VIEW coloured AS SELECT id, colour FROM parts;
CREATE VIEW sound AS SELECT id FROM parts;
DROP TABLE `old orders`;
ALTER TABLE parts DROP COLUMN colour;
