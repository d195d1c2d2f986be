CREATE TABLE visits (id bigint AUTO_INCREMENT PRIMARY KEY, page varchar(50), visitor varchar(50));
-- InnoDB takes such an index for the key.
CREATE TABLE countries (code char(2) NOT NULL UNIQUE, name text);
CREATE VIEW pages AS SELECT page FROM visits;
