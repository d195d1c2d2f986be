CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
SET SESSION binlog_format = 'STATEMENT';
DELETE FROM orders WHERE state = 'gone' LIMIT 1000;
UPDATE orders SET note = 'x' WHERE note IS NULL LIMIT 1000;
