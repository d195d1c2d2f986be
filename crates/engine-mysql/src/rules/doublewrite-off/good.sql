SELECT @@GLOBAL.innodb_doublewrite;
