-- applied by psql
CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
SET SESSION lock_wait_timeout = 2;
CREATE TABLE IF NOT EXISTS fresh (id bigint NOT NULL PRIMARY KEY);
ALTER TABLE orders ADD COLUMN tier int, ALGORITHM=INSTANT;
