-- cleanup: SET GLOBAL binlog_format = 'ROW'
SET GLOBAL binlog_format = 'STATEMENT';
