-- alone
ALTER SYSTEM SET work_mem = '8MB';
SELECT pg_reload_conf();
-- wait: SELECT current_setting('work_mem') = '8MB'
