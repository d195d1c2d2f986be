-- No version's support ended that long ago.
-- limit days = -10000
SELECT version();
