-- cleanup: SET GLOBAL innodb_stats_persistent = ON, GLOBAL innodb_stats_auto_recalc = ON
SET GLOBAL innodb_stats_persistent = OFF, GLOBAL innodb_stats_auto_recalc = OFF;
