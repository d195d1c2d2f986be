CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL, note TEXT);
INSERT INTO orders (id, total, note) SELECT value, value, 'a note of some length ' || value FROM generate_series(1, 2000);
-- migration
ALTER TABLE orders RENAME TO purchases;
CREATE VIEW orders AS SELECT * FROM purchases;
