-- server: innodb_buffer_pool_size = 5242880
CREATE TABLE events (id INT NOT NULL PRIMARY KEY, body VARCHAR(2000)) ENGINE = InnoDB;
INSERT INTO events WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, REPEAT('x', 2000) FROM n;
INSERT INTO events SELECT id + 1000, body FROM events;
INSERT INTO events SELECT id + 2000, body FROM events;
INSERT INTO events SELECT id + 4000, body FROM events;
ANALYZE TABLE events;
