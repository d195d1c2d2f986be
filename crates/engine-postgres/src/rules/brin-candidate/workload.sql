-- weight: 100
SELECT sensor, report FROM readings WHERE taken_at >= '2024-01-20 10:00:00+00' AND taken_at < '2024-01-20 12:00:00+00';

SELECT count(*), sum(value) FROM readings WHERE taken_at >= '2024-02-01 00:00:00+00' AND taken_at < '2024-02-01 01:00:00+00';
