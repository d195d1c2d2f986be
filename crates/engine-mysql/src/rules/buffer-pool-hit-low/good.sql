-- limit minutes = 0
-- limit reads_per_s = 0
-- limit hit = 0.8
CREATE TABLE events (id INT NOT NULL PRIMARY KEY, body VARCHAR(200)) ENGINE = InnoDB;
INSERT INTO events WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, REPEAT('x', 200) FROM n;
SELECT COUNT(*) FROM events a JOIN events b ON b.id = a.id WHERE a.body LIKE '%z%';
