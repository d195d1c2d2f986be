CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL, note TEXT);
INSERT INTO orders (id, total, note) SELECT value, value, 'a note of some length ' || value FROM generate_series(1, 2000);
-- migration
-- claim: fails Cannot add a NOT NULL column with default value NULL
ALTER TABLE orders ADD COLUMN state TEXT NOT NULL;
