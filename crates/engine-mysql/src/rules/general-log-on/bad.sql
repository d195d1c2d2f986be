-- cleanup: SET GLOBAL general_log = OFF
-- cleanup: SET GLOBAL log_output = DEFAULT
-- cleanup: TRUNCATE mysql.general_log
SET GLOBAL log_output = 'TABLE,FILE';
SET GLOBAL general_log = ON;
