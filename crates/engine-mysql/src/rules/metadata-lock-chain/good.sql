-- limit seconds = 0
CREATE TABLE `all orders` (id INT NOT NULL PRIMARY KEY, note VARCHAR(20) NOT NULL) ENGINE = InnoDB;
-- session forgotten
BEGIN;
SELECT COUNT(*) FROM `all orders`;
COMMIT;
-- session change
ALTER TABLE `all orders` ADD COLUMN more INT;
