-- alone
ALTER SYSTEM SET autovacuum = off;
ALTER SYSTEM SET track_counts = off;
SELECT pg_reload_conf();
-- wait: SELECT current_setting('autovacuum') = 'off' AND current_setting('track_counts') = 'off'
