-- cleanup: SET GLOBAL sql_mode = DEFAULT
SET GLOBAL sql_mode = 'NO_ENGINE_SUBSTITUTION';
