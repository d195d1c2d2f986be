CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
CREATE TABLE others (id bigint NOT NULL PRIMARY KEY, a int) ENGINE=InnoDB;
INSERT INTO others VALUES (1, 1);
-- migration
ALTER TABLE orders ADD COLUMN tier int, ALGORITHM=INSTANT;
ALTER TABLE orders ADD INDEX orders_state (state), ALGORITHM=INPLACE, LOCK=NONE;
ALTER TABLE others ADD INDEX others_a (a), ALGORITHM=INPLACE, LOCK=NONE;
