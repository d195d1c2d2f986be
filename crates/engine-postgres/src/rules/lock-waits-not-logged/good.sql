-- server: log_lock_waits = on
SHOW log_lock_waits;
