-- fresh
-- limit count = 1
CREATE TABLE stock (id INT NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE = InnoDB;
INSERT INTO stock VALUES (1, 5), (2, 7);
-- session first
BEGIN;
UPDATE stock SET n = n - 1 WHERE id = 1;
-- session second
BEGIN;
UPDATE stock SET n = n - 1 WHERE id = 2;
-- session first
-- background
UPDATE stock SET n = n - 1 WHERE id = 2;
-- wait: SELECT COUNT(*) = 1 FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'
-- session second
-- either
UPDATE stock SET n = n - 1 WHERE id = 1;
