-- cleanup: SET GLOBAL slow_query_log = OFF
SET GLOBAL slow_query_log = ON;
