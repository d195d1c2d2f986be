CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
CREATE TABLE visits (id bigint NOT NULL PRIMARY KEY, page varchar(100)) ENGINE=MyISAM;
CREATE TABLE tokens (id bigint NOT NULL PRIMARY KEY) ENGINE = MEMORY;
ALTER TABLE orders ENGINE=MyISAM;
