-- server: log_lock_waits = off
SHOW log_lock_waits;
