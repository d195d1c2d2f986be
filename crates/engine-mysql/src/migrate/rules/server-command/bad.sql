-- migration
-- claim: fails 1094
KILL 4294967295;
-- claim: fails 1373
PURGE BINARY LOGS TO 'no_such_log.000001';
SET GLOBAL slow_launch_time = 2;
