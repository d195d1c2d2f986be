-- fresh
CREATE TABLE seats (id INT NOT NULL PRIMARY KEY, taken INT) ENGINE = InnoDB;
INSERT INTO seats VALUES (1, 0);
-- session holder
BEGIN;
UPDATE seats SET taken = 1;
COMMIT;
-- session waiter
SET SESSION innodb_lock_wait_timeout = 1;
-- repeat 3
UPDATE seats SET taken = 2;
