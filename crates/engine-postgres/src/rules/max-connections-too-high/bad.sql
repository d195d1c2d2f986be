-- server: max_connections = 600
SHOW max_connections;
