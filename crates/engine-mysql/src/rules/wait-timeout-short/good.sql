SET SESSION wait_timeout = 5;
SET SESSION wait_timeout = 28800;
