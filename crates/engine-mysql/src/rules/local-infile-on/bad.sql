-- cleanup: SET GLOBAL local_infile = OFF
SET GLOBAL local_infile = ON;
