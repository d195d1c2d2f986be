CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, state varchar(20), note varchar(100)) ENGINE=InnoDB;
INSERT INTO orders (state) VALUES ('new'), ('old'), ('gone');
CREATE TABLE visits (id bigint NOT NULL PRIMARY KEY, day date) ENGINE=InnoDB;
INSERT INTO visits VALUES (1, '2024-01-01');
-- migration
ALTER TABLE orders ADD COLUMN paid date DEFAULT NULL, ALGORITHM=INSTANT;
CREATE TABLE bills (id bigint NOT NULL PRIMARY KEY, sent datetime DEFAULT CURRENT_TIMESTAMP, number varchar(20) DEFAULT '0000-00-00', paid int DEFAULT 0);
UPDATE visits SET day = NULL WHERE id = 1 AND day < '1000-01-01';
INSERT INTO visits VALUES (2, '2000-10-10');
