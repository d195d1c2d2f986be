-- weight: 100
SELECT id, payload FROM jobs WHERE state = 'open' AND queue = 17;
SELECT id, payload FROM jobs WHERE state = 'open' AND queue = 1234;
SELECT id, payload FROM jobs WHERE state = 'open' AND queue = 4321;
