CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT);
INSERT INTO orders SELECT value, 'a note' FROM generate_series(1, 2000);
-- migration
PRAGMA incremental_vacuum;
