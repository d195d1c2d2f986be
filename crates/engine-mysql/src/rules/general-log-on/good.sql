SELECT @@GLOBAL.general_log;
