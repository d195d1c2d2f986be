-- cleanup: SET GLOBAL max_connections = 120
-- cleanup: SET GLOBAL sort_buffer_size = DEFAULT
SET GLOBAL max_connections = 1000;
SET GLOBAL sort_buffer_size = 33554432;
