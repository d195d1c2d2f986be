-- server: max_connections = 12
-- session app1
SELECT 1;
-- session app2
SELECT 1;
