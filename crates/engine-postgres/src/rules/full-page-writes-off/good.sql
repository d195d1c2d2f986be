-- alone
ALTER SYSTEM SET wal_compression = on;
SELECT pg_reload_conf();
-- wait: SELECT current_setting('wal_compression') <> 'off'
