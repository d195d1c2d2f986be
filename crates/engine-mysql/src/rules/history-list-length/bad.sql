-- cleanup: SET GLOBAL innodb_purge_rseg_truncate_frequency = 128
-- limit length = 20
SET GLOBAL innodb_purge_rseg_truncate_frequency = 1;
CREATE TABLE counters (id INT NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE = InnoDB;
INSERT INTO counters VALUES (1, 0);
-- session report
START TRANSACTION WITH CONSISTENT SNAPSHOT;
SELECT n FROM counters;
-- session writer
-- repeat 80
UPDATE counters SET n = n + 1;
