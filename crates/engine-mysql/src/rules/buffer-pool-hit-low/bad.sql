-- server: innodb_buffer_pool_size = 8388608
-- server: innodb_read_ahead_threshold = 64
-- limit minutes = 0
-- limit reads_per_s = 0
CREATE TABLE events (id INT NOT NULL PRIMARY KEY, body VARCHAR(4000), other VARCHAR(4000)) ENGINE = InnoDB;
INSERT INTO events WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 990) SELECT i * 7919 % 9001, REPEAT('x', 4000), REPEAT('y', 3900) FROM n;
INSERT INTO events SELECT id + 10000, body, other FROM events;
INSERT INTO events SELECT id + 20000, body, other FROM events;
SELECT COUNT(*) FROM events a WHERE a.body LIKE '%z%';
SELECT COUNT(*) FROM events a WHERE a.body LIKE '%z%';
SELECT COUNT(*) FROM events a WHERE a.body LIKE '%z%';
SELECT COUNT(*) FROM events a WHERE a.body LIKE '%z%';
