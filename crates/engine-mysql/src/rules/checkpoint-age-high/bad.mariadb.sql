-- server: innodb_log_file_size = 4194304
-- server: innodb_max_dirty_pages_pct = 99
-- server: innodb_max_dirty_pages_pct_lwm = 0
-- server: innodb_adaptive_flushing = OFF
-- limit share = 0.15
-- limit high_share = 2
CREATE TABLE events (id INT NOT NULL PRIMARY KEY, body VARCHAR(2000)) ENGINE = InnoDB;
INSERT INTO events WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, REPEAT('x', 2000) FROM n;
