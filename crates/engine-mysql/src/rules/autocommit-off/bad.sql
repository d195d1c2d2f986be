-- cleanup: SET GLOBAL autocommit = ON
SET GLOBAL autocommit = OFF;
