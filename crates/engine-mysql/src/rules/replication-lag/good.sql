-- replica
SELECT @@GLOBAL.server_id;
