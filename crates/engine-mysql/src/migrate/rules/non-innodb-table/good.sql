CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
CREATE TABLE fresh (id bigint NOT NULL PRIMARY KEY, note varchar(50) COMMENT 'ENGINE=MyISAM') ENGINE=InnoDB;
CREATE TABLE plain (id bigint NOT NULL PRIMARY KEY) COMMENT='was ENGINE=MyISAM once';
CREATE TEMPORARY TABLE scratch (id bigint NOT NULL PRIMARY KEY) ENGINE=MEMORY;
ALTER TABLE orders ENGINE=InnoDB, ALGORITHM=INPLACE, LOCK=NONE;
