-- cleanup: SET GLOBAL binlog_checksum = 'CRC32'
SET GLOBAL binlog_checksum = 'NONE';
