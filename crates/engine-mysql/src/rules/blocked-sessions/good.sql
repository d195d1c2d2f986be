-- limit seconds = 0
CREATE TABLE stock (id INT NOT NULL PRIMARY KEY, n INT NOT NULL) ENGINE = InnoDB;
INSERT INTO stock VALUES (1, 5), (2, 7);
-- session forgotten
BEGIN;
UPDATE stock SET n = n - 1 WHERE id = 1;
COMMIT;
-- session second
BEGIN;
UPDATE stock SET n = n - 1 WHERE id = 1;
