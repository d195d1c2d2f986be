-- cleanup: SET GLOBAL sql_mode = DEFAULT
SET GLOBAL sql_mode = 'STRICT_ALL_TABLES';
