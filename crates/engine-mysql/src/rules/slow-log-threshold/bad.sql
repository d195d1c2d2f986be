-- cleanup: SET GLOBAL slow_query_log = OFF
-- cleanup: SET GLOBAL long_query_time = 10
SET GLOBAL slow_query_log = ON;
SET GLOBAL long_query_time = 10;
