-- cleanup: SET GLOBAL max_connections = 120
-- limit high_share = 2
-- session a
SELECT 1;
-- session b
SELECT 1;
-- session c
SELECT 1;
-- session d
SELECT 1;
-- session e
SELECT 1;
-- session f
SELECT 1;
-- session g
SELECT 1;
-- session h
SELECT 1;
-- session main
SET GLOBAL max_connections = 12;
