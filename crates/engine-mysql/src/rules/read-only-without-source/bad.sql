-- cleanup: SET GLOBAL read_only = OFF
SET GLOBAL read_only = ON;
