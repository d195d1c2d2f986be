-- cleanup: SET GLOBAL rpl_semi_sync_master_enabled = OFF
-- cleanup: SET GLOBAL rpl_semi_sync_master_timeout = DEFAULT
SET GLOBAL rpl_semi_sync_master_timeout = 200;
SET GLOBAL rpl_semi_sync_master_enabled = ON;
-- The first commit waits, and those after it no longer do.
CREATE TABLE paid (id int PRIMARY KEY);
INSERT INTO paid VALUES (1);
-- wait: SELECT VARIABLE_VALUE = 'OFF' FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'Rpl_semi_sync_master_status';
