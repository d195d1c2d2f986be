-- limit operations = 1000000
CREATE TABLE events (id INT NOT NULL PRIMARY KEY) ENGINE = InnoDB;
INSERT INTO events VALUES (1), (2);
