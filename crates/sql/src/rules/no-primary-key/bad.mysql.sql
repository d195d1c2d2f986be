-- The same row can be stored twice.
CREATE TABLE visits (page varchar(50), visitor varchar(50));
INSERT INTO visits VALUES ('/', 'a'), ('/', 'a');
-- A hostile name, and the name of the new column is taken.
CREATE TABLE `Vis``its.of ✂` (id text, `select` text);
-- Numbered, but nothing keeps the numbers unique.
CREATE TABLE entries (entry bigint NOT NULL AUTO_INCREMENT, note text, KEY entry_key (entry));
-- A unique index that lets nulls in names no row.
CREATE TABLE tags (name varchar(50) UNIQUE);
CREATE TABLE log_lines (line varchar(200)) ENGINE=MyISAM;
-- Which columns make the key of a partitioned table is not for a machine to say.
CREATE TABLE readings (day int NOT NULL, value double) PARTITION BY RANGE (day) (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN MAXVALUE);
