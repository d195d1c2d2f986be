-- cleanup: SET GLOBAL binlog_expire_logs_seconds = 2592000
SET GLOBAL binlog_expire_logs_seconds = 0;
