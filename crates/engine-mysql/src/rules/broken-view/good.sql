CREATE TABLE `old orders` (id INT NOT NULL PRIMARY KEY) ENGINE = InnoDB;
CREATE TABLE parts (id INT NOT NULL PRIMARY KEY, colour VARCHAR(10)) ENGINE = InnoDB;
CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2;
CREATE VIEW history AS SELECT o.id, twice(o.id) AS more, 'a`b`.`c' AS text FROM `old orders` o JOIN parts `<database>` ON `<database>`.id = o.id;
CREATE VIEW coloured AS SELECT id, colour FROM parts WHERE id IN (SELECT id FROM history);
CREATE VIEW tables_of_all AS SELECT TABLE_NAME FROM information_schema.TABLES;
