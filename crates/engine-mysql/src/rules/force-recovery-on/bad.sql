-- only mariadb
-- server: innodb_force_recovery = 1
SELECT 1;
