-- only mysql
-- limit days = 6000
SELECT 1;
