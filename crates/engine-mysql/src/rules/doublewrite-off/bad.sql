-- server: innodb_doublewrite = OFF
SELECT @@GLOBAL.innodb_doublewrite;
