CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
CREATE TABLE visits (id smallint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, page varchar(100));
CREATE TABLE bills (id int(11) NOT NULL AUTO_INCREMENT, PRIMARY KEY (id));
