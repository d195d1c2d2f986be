-- limit ms = 0.0000001
-- limit high_ms = 100000
-- limit operations = 1
CREATE TABLE events (id INT NOT NULL PRIMARY KEY) ENGINE = InnoDB;
INSERT INTO events VALUES (1), (2);
