CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
BEGIN;
INSERT INTO orders (state) VALUES ('first');
ALTER TABLE orders ADD COLUMN tier int, ALGORITHM=INSTANT;
ROLLBACK;
START TRANSACTION;
CREATE TABLE fresh (id bigint NOT NULL PRIMARY KEY);
COMMIT;
