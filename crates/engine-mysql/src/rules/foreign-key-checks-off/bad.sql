-- cleanup: SET GLOBAL foreign_key_checks = ON
-- cleanup: SET GLOBAL unique_checks = ON
SET GLOBAL foreign_key_checks = OFF;
SET GLOBAL unique_checks = OFF;
