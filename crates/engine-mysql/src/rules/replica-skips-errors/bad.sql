-- server: replica_skip_errors = 1062
-- cleanup: SET GLOBAL replica_exec_mode = 'STRICT'
SET GLOBAL replica_exec_mode = 'IDEMPOTENT';
