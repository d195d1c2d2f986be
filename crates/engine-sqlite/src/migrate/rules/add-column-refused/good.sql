-- applied by another tool
CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL, note TEXT);
INSERT INTO orders (id, total, note) SELECT value, value, 'a note of some length ' || value FROM generate_series(1, 2000);
CREATE TABLE empty (id INTEGER PRIMARY KEY);
-- migration
-- claim: rewrite no
ALTER TABLE orders ADD COLUMN code TEXT;
CREATE UNIQUE INDEX orders_code ON orders (code);
ALTER TABLE orders ADD COLUMN doubled REAL GENERATED ALWAYS AS (total * 2) VIRTUAL;
ALTER TABLE empty ADD COLUMN placed TEXT DEFAULT CURRENT_TIMESTAMP;
CREATE TABLE fresh (id INTEGER PRIMARY KEY);
ALTER TABLE fresh ADD COLUMN placed TEXT DEFAULT CURRENT_TIMESTAMP;
