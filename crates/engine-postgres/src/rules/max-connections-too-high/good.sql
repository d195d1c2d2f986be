-- server: max_connections = 100
SHOW max_connections;
