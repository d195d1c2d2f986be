CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL, note TEXT);
INSERT INTO orders (id, total, note) SELECT value, value, 'a note of some length ' || value FROM generate_series(1, 2000);
-- migration
-- claim: rewrite no
ALTER TABLE orders RENAME COLUMN note TO remark;
