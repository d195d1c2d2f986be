-- alone
ALTER SYSTEM SET autovacuum = off;
ALTER SYSTEM SET autovacuum = on;
SELECT pg_reload_conf();
-- wait: SELECT current_setting('autovacuum') = 'on'
