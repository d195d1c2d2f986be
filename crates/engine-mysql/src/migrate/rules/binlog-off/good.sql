CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
SET sql_log_bin = 0;
SELECT COUNT(*) FROM orders;
SET sql_log_bin = 1;
ALTER TABLE orders ADD COLUMN tier int, ALGORITHM=INSTANT;
