-- server: fsync = off
SHOW fsync;
