-- limit rows = 2
CREATE TABLE orders (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, uuid CHAR(36) NOT NULL, customer INT NOT NULL, UNIQUE KEY (uuid), KEY customer (customer)) ENGINE = InnoDB;
INSERT INTO orders (uuid, customer) VALUES (UUID(), 1), (UUID(), 2), (UUID(), 3);
-- A code of another length is no UUID.
CREATE TABLE countries (code CHAR(2) NOT NULL PRIMARY KEY, name VARCHAR(50)) ENGINE = InnoDB;
INSERT INTO countries VALUES ('de', 'Germany'), ('fr', 'France'), ('it', 'Italy');
ANALYZE TABLE orders, countries;
