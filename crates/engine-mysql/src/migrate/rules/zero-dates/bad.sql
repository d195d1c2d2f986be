CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
CREATE TABLE visits (id bigint NOT NULL PRIMARY KEY, day date) ENGINE=InnoDB;
INSERT INTO visits VALUES (1, '2024-01-01');
-- migration
-- claim mysql: fails 1067
ALTER TABLE orders ADD COLUMN paid date NOT NULL DEFAULT '0000-00-00';
-- claim mysql: fails 1067
CREATE TABLE bills (id bigint NOT NULL PRIMARY KEY, sent datetime DEFAULT '0000-00-00 00:00:00');
-- claim mysql: fails 1292
UPDATE visits SET day = '0000-00-00' WHERE id = 1;
-- claim mysql: fails 1292
INSERT INTO visits VALUES (2, '2024-00-00');
