-- server: shared_buffers = 128MB
-- limit bytes = 1048576
SHOW shared_buffers;
