-- cleanup: SET GLOBAL event_scheduler = ON
-- cleanup: DROP USER IF EXISTS gone@localhost
SET GLOBAL event_scheduler = OFF;
CREATE TABLE log (at DATETIME NOT NULL PRIMARY KEY) ENGINE = InnoDB;
CREATE USER gone@localhost;
CREATE DEFINER = gone@localhost EVENT `clean up` ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO DELETE FROM log WHERE at < NOW() - INTERVAL 30 DAY;
DROP USER gone@localhost;
