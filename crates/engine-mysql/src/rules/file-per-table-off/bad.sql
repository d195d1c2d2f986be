-- cleanup: SET GLOBAL innodb_file_per_table = ON
SET GLOBAL innodb_file_per_table = OFF;
