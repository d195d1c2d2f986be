-- alone
ALTER SYSTEM SET max_connections = 60;
SELECT pg_reload_conf();
-- wait: SELECT pending_restart FROM pg_settings WHERE name = 'max_connections'
