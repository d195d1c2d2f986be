CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
CREATE TABLE copied (id bigint NOT NULL PRIMARY KEY, state varchar(20)) ENGINE=InnoDB;
INSERT INTO copied VALUES (1, 'x');
-- migration
SET SESSION binlog_format = 'STATEMENT';
DELETE FROM orders WHERE state = 'gone' ORDER BY id LIMIT 1000;
UPDATE orders SET note = 'x' WHERE id = 1 LIMIT 1;
INSERT INTO copied SELECT id, state FROM orders WHERE id > 100 ORDER BY id LIMIT 10;
