-- applied by psql
CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
CREATE TABLE digits (d int NOT NULL PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
INSERT INTO orders (state) SELECT NULL FROM digits a, digits b, digits c, digits d, digits e WHERE e.d < 3;
-- migration
UPDATE orders SET state = 'old' WHERE state IS NULL;
DELETE FROM orders WHERE state = 'gone';
