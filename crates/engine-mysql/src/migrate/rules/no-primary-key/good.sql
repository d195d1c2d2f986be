CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
-- migration
CREATE TABLE keyed (id bigint NOT NULL, PRIMARY KEY (id));
CREATE TABLE uniq (code varchar(20) NOT NULL UNIQUE, label varchar(20));
CREATE TABLE pair (a int NOT NULL, b int NOT NULL, UNIQUE KEY pair_ab (a, b));
CREATE TABLE later (id bigint NOT NULL);
ALTER TABLE later ADD PRIMARY KEY (id);
CREATE TABLE alike LIKE orders;
CREATE TEMPORARY TABLE scratch (a int);
