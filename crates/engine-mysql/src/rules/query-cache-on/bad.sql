-- only mariadb
-- server: query_cache_type = ON
-- server: query_cache_size = 16777216
SELECT @@GLOBAL.query_cache_size;
