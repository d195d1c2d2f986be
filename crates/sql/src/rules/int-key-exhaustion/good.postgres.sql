CREATE TABLE orders (id bigserial PRIMARY KEY, note text);
SELECT setval('orders_id_seq', 2000000000);
CREATE TABLE items (id serial PRIMARY KEY, note text);
SELECT setval('items_id_seq', 1000000000);
-- Numbers that nobody counts up: hashes.
CREATE TABLE pages (hash integer PRIMARY KEY);
INSERT INTO pages SELECT hashtext(i::text) FROM generate_series(1, 1000) i;
ANALYZE pages;
-- A number that is no key.
CREATE TABLE planets (id bigint PRIMARY KEY, inhabitants integer);
INSERT INTO planets SELECT i, 2000000000 + i FROM generate_series(1, 100) i;
ANALYZE planets;
