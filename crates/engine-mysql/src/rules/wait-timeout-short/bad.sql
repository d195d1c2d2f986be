-- limit seconds = 600
-- limit tiny_seconds = 400
-- cleanup: SET GLOBAL wait_timeout = 28800
SET GLOBAL wait_timeout = 300;
