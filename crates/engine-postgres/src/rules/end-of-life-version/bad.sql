-- Seen from far enough ahead, every version's support ends.
-- limit days = 10000
SELECT version();
