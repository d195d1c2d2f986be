-- applied by psql
CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
CREATE TRIGGER orders_keep BEFORE UPDATE ON orders FOR EACH ROW SET NEW.note = 'x';
