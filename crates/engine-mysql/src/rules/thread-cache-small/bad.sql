-- fresh
-- server: thread_cache_size = 0
-- limit connections = 4
-- limit per_second = 0
-- session one
SELECT 1;
-- session two
SELECT 1;
-- session three
SELECT 1;
