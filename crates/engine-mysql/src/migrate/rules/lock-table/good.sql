CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
CREATE TABLE fresh (id bigint NOT NULL PRIMARY KEY) ENGINE=InnoDB;
LOCK TABLES fresh WRITE;
INSERT INTO fresh VALUES (1);
UNLOCK TABLES;
