SELECT @@GLOBAL.log_bin;
