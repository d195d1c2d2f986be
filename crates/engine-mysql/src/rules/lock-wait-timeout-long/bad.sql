-- cleanup: SET GLOBAL innodb_lock_wait_timeout = 50
SET GLOBAL innodb_lock_wait_timeout = 3600;
