-- server: slave_skip_errors = 1062
-- cleanup: SET GLOBAL slave_exec_mode = 'STRICT'
SET GLOBAL slave_exec_mode = 'IDEMPOTENT';
