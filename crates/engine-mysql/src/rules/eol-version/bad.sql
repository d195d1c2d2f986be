-- limit days = 6000
SELECT VERSION();
