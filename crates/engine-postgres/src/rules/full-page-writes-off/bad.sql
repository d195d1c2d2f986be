-- alone
ALTER SYSTEM SET full_page_writes = off;
SELECT pg_reload_conf();
-- wait: SELECT current_setting('full_page_writes') = 'off'
