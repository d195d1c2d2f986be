-- server: innodb_log_file_size = 4194304
-- limit window_minutes = 0
-- limit minutes = 0.2
CREATE TABLE events (id INT NOT NULL PRIMARY KEY, body VARCHAR(2000)) ENGINE = InnoDB;
INSERT INTO events SELECT seq, REPEAT('x', 2000) FROM seq_1_to_900;
INSERT INTO events SELECT id + 1000, body FROM events;
INSERT INTO events SELECT id + 2000, body FROM events;
INSERT INTO events SELECT id + 4000, body FROM events;
INSERT INTO events SELECT id + 8000, body FROM events;
