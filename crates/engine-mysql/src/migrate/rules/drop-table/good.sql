CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
CREATE TABLE empty_yet (id bigint NOT NULL PRIMARY KEY) ENGINE=InnoDB;
-- migration
CREATE TABLE fresh (id bigint NOT NULL PRIMARY KEY) ENGINE=InnoDB;
DROP TABLE fresh;
DROP TABLE empty_yet;
CREATE TEMPORARY TABLE scratch (id bigint NOT NULL PRIMARY KEY);
DROP TEMPORARY TABLE scratch;
