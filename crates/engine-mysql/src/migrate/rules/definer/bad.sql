CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
CREATE DEFINER=`nobody_of_this_name`@`%` VIEW seen AS SELECT id FROM orders;
CREATE DEFINER=`nobody_of_this_name`@`%` TRIGGER orders_keep BEFORE UPDATE ON orders FOR EACH ROW SET NEW.note = 'x';
