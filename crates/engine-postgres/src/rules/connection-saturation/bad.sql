-- server: max_connections = 12
-- limit idle_minutes = 0
-- session app1
SELECT 1;
-- session app2
SELECT 1;
-- session app3
SELECT 1;
-- session app4
SELECT 1;
-- session app5
SELECT 1;
-- session app6
SELECT 1;
