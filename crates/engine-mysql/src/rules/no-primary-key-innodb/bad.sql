-- Rows that nothing names; one index, which may be NULL and so is no key.
CREATE TABLE `log lines` (at DATETIME NOT NULL, line VARCHAR(200), ticket INT NULL, UNIQUE KEY (ticket)) ENGINE = InnoDB;
INSERT INTO `log lines` VALUES (NOW(), 'started', 1), (NOW(), 'stopped', NULL), (NOW(), 'started', NULL);
