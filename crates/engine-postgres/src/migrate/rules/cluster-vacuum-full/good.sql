CREATE TABLE orders (id bigint PRIMARY KEY, state text, note text);
INSERT INTO orders SELECT n, 'new', 'x' FROM generate_series(1, 100) AS n;
CREATE TABLE empty (id int);
-- migration
VACUUM orders;
ANALYZE orders;
VACUUM FULL empty;
