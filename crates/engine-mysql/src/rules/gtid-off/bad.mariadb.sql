-- cleanup: SET GLOBAL gtid_strict_mode = ON
SET GLOBAL gtid_strict_mode = OFF;
