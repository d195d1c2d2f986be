SELECT @@GLOBAL.sync_binlog;
