SET GLOBAL slave_exec_mode = 'STRICT';
