-- limit seconds = 0
CREATE TABLE `all orders` (id INT NOT NULL PRIMARY KEY, note VARCHAR(20) NOT NULL) ENGINE = InnoDB;
INSERT INTO `all orders` VALUES (1, 'a'), (2, 'b');
-- session forgotten
BEGIN;
SELECT COUNT(*) FROM `all orders`;
-- session change
-- background
ALTER TABLE `all orders` ADD COLUMN more INT;
-- wait: SELECT COUNT(*) = 1 FROM performance_schema.threads WHERE PROCESSLIST_STATE = 'Waiting for table metadata lock' AND PROCESSLIST_DB = '<database>'
-- session reader
-- background
SELECT COUNT(*) FROM `all orders`;
-- wait: SELECT COUNT(*) = 2 FROM performance_schema.threads WHERE PROCESSLIST_STATE = 'Waiting for table metadata lock' AND PROCESSLIST_DB = '<database>'
