-- limit days = -3000
SELECT VERSION();
