-- server: performance_schema_digests_size = 5
-- fresh
CREATE TABLE a (id INT NOT NULL PRIMARY KEY, b INT, c INT) ENGINE = InnoDB;
SELECT id FROM a;
SELECT b FROM a;
SELECT c FROM a;
SELECT id, b FROM a;
SELECT id, c FROM a;
SELECT b, c FROM a;
SELECT id, b, c FROM a;
-- repeat 40
SELECT c, b, id FROM a;
