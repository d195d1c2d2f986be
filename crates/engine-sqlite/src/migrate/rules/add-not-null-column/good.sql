CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL, note TEXT);
INSERT INTO orders (id, total, note) SELECT value, value, 'a note of some length ' || value FROM generate_series(1, 2000);
CREATE TABLE empty (id INTEGER PRIMARY KEY);
-- migration
-- claim: rewrite no
ALTER TABLE orders ADD COLUMN state TEXT NOT NULL DEFAULT 'new';
ALTER TABLE empty ADD COLUMN state TEXT NOT NULL;
CREATE TABLE fresh (id INTEGER PRIMARY KEY);
ALTER TABLE fresh ADD COLUMN state TEXT NOT NULL;
