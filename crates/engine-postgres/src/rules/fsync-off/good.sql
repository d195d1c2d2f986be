-- alone
ALTER SYSTEM SET synchronous_commit = off;
SELECT pg_reload_conf();
-- wait: SELECT current_setting('synchronous_commit') = 'off'
