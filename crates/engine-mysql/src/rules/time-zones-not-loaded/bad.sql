-- fresh
CREATE TABLE orders (id int PRIMARY KEY, at datetime NOT NULL) ENGINE = InnoDB;
CREATE VIEW local_orders AS SELECT id, CONVERT_TZ(at, 'UTC', 'Europe/Berlin') AS at FROM orders;
CREATE PROCEDURE today() SELECT CONVERT_TZ(NOW(), '+00:00', 'America/New_York');
