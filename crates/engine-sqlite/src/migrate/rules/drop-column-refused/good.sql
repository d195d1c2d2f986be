-- applied by another tool
CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT);
CREATE INDEX orders_note ON orders (note);
-- migration
CREATE TABLE fresh (a, b);
ALTER TABLE fresh DROP COLUMN b;
