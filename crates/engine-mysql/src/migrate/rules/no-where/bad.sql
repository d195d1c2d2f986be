CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
UPDATE orders SET note = 'y';
DELETE FROM orders;
