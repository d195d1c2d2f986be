CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
CREATE TABLE people (id bigint NOT NULL PRIMARY KEY, name varchar(50), utf8 int COMMENT 'CHARSET=utf8') DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE TABLE codes (id bigint NOT NULL PRIMARY KEY, code char(2) CHARACTER SET ascii COLLATE ascii_bin);
SET NAMES utf8mb4;
