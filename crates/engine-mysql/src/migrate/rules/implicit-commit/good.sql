CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
CREATE TABLE fresh (id bigint NOT NULL PRIMARY KEY, state varchar(20));
BEGIN;
INSERT INTO orders (state) VALUES ('first');
CREATE TEMPORARY TABLE scratch (id bigint NOT NULL PRIMARY KEY);
DROP TEMPORARY TABLE scratch;
SAVEPOINT a;
UPDATE orders SET note = 'x' WHERE id = 1;
COMMIT;
ALTER TABLE orders ADD COLUMN tier int, ALGORITHM=INSTANT;
