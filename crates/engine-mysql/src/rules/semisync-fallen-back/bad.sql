-- cleanup: SET GLOBAL rpl_semi_sync_source_enabled = OFF
-- cleanup: UNINSTALL PLUGIN rpl_semi_sync_source
INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so';
SET GLOBAL rpl_semi_sync_source_timeout = 200;
SET GLOBAL rpl_semi_sync_source_enabled = ON;
-- The first commit waits, and those after it no longer do.
CREATE TABLE paid (id int PRIMARY KEY);
INSERT INTO paid VALUES (1);
-- wait: SELECT VARIABLE_VALUE = 'OFF' FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Rpl_semi_sync_source_status';
