CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
ALTER TABLE orders ENGINE=InnoDB, ALGORITHM=INPLACE, LOCK=NONE;
ALTER TABLE orders FORCE, ALGORITHM=INPLACE, LOCK=NONE;
OPTIMIZE TABLE orders;
CREATE TABLE fresh (id bigint NOT NULL PRIMARY KEY, body varchar(200), FULLTEXT KEY words (body)) ENGINE=InnoDB;
OPTIMIZE TABLE fresh;
