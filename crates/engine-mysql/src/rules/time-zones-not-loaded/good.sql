-- fresh
-- cleanup: DELETE FROM mysql.time_zone_name WHERE Time_zone_id = 4711
-- cleanup: DELETE FROM mysql.time_zone WHERE Time_zone_id = 4711
-- cleanup: DELETE FROM mysql.time_zone_transition_type WHERE Time_zone_id = 4711
INSERT INTO mysql.time_zone (Time_zone_id, Use_leap_seconds) VALUES (4711, 'N');
INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES ('GMT', 4711), ('MET', 4711), ('UTC', 4711), ('Europe/Berlin', 4711), ('America/New_York', 4711);
INSERT INTO mysql.time_zone_transition_type (Time_zone_id, Transition_type_id, `Offset`, Is_DST, Abbreviation) VALUES (4711, 0, 0, 0, 'UTC');
CREATE TABLE orders (id int PRIMARY KEY, at datetime NOT NULL) ENGINE = InnoDB;
CREATE VIEW local_orders AS SELECT id, CONVERT_TZ(at, 'UTC', 'Europe/Berlin') AS at FROM orders;
CREATE PROCEDURE today() SELECT CONVERT_TZ(NOW(), '+00:00', 'America/New_York');
