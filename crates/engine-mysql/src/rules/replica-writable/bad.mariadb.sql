-- replica
-- cleanup: SET GLOBAL read_only = OFF
SELECT @@GLOBAL.read_only;
