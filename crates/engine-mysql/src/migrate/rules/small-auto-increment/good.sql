CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
CREATE TABLE visits (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, kind tinyint NOT NULL COMMENT 'no AUTO_INCREMENT');
CREATE TABLE bills (id int(10) unsigned NOT NULL AUTO_INCREMENT, PRIMARY KEY (id));
