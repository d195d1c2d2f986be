-- applied by psql
CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
SET SESSION lock_wait_timeout = 2;
CREATE TRIGGER orders_keep BEFORE UPDATE ON orders FOR EACH ROW SET NEW.note = 'x';
CREATE TABLE IF NOT EXISTS fresh (id bigint NOT NULL PRIMARY KEY, note varchar(9)) ENGINE=InnoDB;
CREATE TRIGGER fresh_keep BEFORE UPDATE ON fresh FOR EACH ROW SET NEW.note = 'x';
