CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
CREATE TABLE notes (order_id bigint NOT NULL PRIMARY KEY, note varchar(100)) ENGINE=InnoDB;
INSERT INTO notes VALUES (1, 'a');
-- migration
UPDATE orders SET note = 'where' WHERE id = 5;
UPDATE orders JOIN notes ON notes.order_id = orders.id SET orders.note = notes.note;
CREATE TABLE fresh (id bigint NOT NULL PRIMARY KEY) ENGINE=InnoDB;
DELETE FROM fresh;
