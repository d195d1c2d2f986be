CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
CREATE TABLE people (id bigint NOT NULL PRIMARY KEY, name varchar(50)) DEFAULT CHARSET=utf8;
CREATE TABLE towns (id bigint NOT NULL PRIMARY KEY, name varchar(50) CHARACTER SET utf8mb3);
ALTER TABLE orders ADD COLUMN city varchar(50) COLLATE utf8mb3_general_ci, ALGORITHM=INSTANT;
