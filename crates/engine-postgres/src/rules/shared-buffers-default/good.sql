-- server: shared_buffers = 256MB
-- limit bytes = 1048576
SHOW shared_buffers;
