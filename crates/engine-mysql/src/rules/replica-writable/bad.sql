-- replica
-- cleanup: SET GLOBAL super_read_only = OFF
-- cleanup: SET GLOBAL read_only = OFF
SELECT @@GLOBAL.super_read_only;
