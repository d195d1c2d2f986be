-- server: skip-log-bin
SELECT @@GLOBAL.log_bin;
