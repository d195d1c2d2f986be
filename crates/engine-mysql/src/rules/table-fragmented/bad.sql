-- limit mb = 6
CREATE TABLE events (id INT NOT NULL PRIMARY KEY, body VARCHAR(1000)) ENGINE = InnoDB;
INSERT INTO events WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, REPEAT('x', 1000) FROM n;
INSERT INTO events SELECT id + 1000, body FROM events;
INSERT INTO events SELECT id + 2000, body FROM events;
INSERT INTO events SELECT id + 4000, body FROM events;
INSERT INTO events SELECT id + 8000, body FROM events;
DELETE FROM events WHERE id > 100;
-- wait: SELECT DATA_FREE > 6500000 FROM information_schema.TABLES WHERE TABLE_SCHEMA = '<database>' AND TABLE_NAME = 'events'
