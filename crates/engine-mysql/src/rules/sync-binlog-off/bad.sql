-- cleanup: SET GLOBAL sync_binlog = 1
SET GLOBAL sync_binlog = 0;
