-- applied by another tool
CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL, note TEXT);
INSERT INTO orders (id, total, note) SELECT value, value, 'a note of some length ' || value FROM generate_series(1, 2000);
-- migration
-- claim: fails Cannot add a UNIQUE column
ALTER TABLE orders ADD COLUMN code TEXT UNIQUE;
-- claim: fails Cannot add a column with non-constant default
ALTER TABLE orders ADD COLUMN placed TEXT DEFAULT CURRENT_TIMESTAMP;
-- claim: fails cannot add a STORED column
ALTER TABLE orders ADD COLUMN doubled REAL GENERATED ALWAYS AS (total * 2) STORED;
