-- cleanup: DROP USER IF EXISTS `a``way`@localhost
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE = InnoDB;
CREATE TABLE audit (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL) ENGINE = InnoDB;
CREATE USER `a``way`@localhost;
CREATE DEFINER = `a``way`@localhost TRIGGER `keep track` AFTER INSERT ON orders FOR EACH ROW INSERT INTO audit (n) VALUES (NEW.n);
CREATE DEFINER = `a``way`@localhost VIEW large AS SELECT id FROM orders WHERE n > 10;
CREATE DEFINER = `a``way`@localhost PROCEDURE tidy() DELETE FROM audit;
CREATE DEFINER = `a``way`@localhost PROCEDURE look() SQL SECURITY INVOKER SELECT 1;
DROP USER `a``way`@localhost;
