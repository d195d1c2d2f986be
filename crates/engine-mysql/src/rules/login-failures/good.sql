-- fresh
-- limit failures = 4
SELECT 1;
