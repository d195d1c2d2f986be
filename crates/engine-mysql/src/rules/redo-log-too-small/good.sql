-- limit window_minutes = 0
-- limit minutes = 0.2
CREATE TABLE events (id INT NOT NULL PRIMARY KEY, body VARCHAR(2000)) ENGINE = InnoDB;
INSERT INTO events WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i, REPEAT('x', 2000) FROM n;
