SELECT @@GLOBAL.innodb_checksum_algorithm;
