-- fresh
-- limit failures = 4
-- refused: 5
SELECT 1;
