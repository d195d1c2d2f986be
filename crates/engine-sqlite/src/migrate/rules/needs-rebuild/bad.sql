CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL, note TEXT);
INSERT INTO orders (id, total, note) SELECT value, value, 'a note of some length ' || value FROM generate_series(1, 2000);
-- migration
-- claim: fails near "TYPE": syntax error
ALTER TABLE orders ALTER COLUMN total TYPE INTEGER;
-- claim: fails near "DEFAULT": syntax error
ALTER TABLE orders ALTER COLUMN note SET DEFAULT 'none';
