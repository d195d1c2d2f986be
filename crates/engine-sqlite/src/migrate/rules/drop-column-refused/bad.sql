-- applied by another tool
CREATE TABLE orders (id INTEGER PRIMARY KEY, code TEXT UNIQUE, note TEXT, kind TEXT, CHECK (kind <> ''));
CREATE INDEX orders_note ON orders (note);
INSERT INTO orders SELECT value, value, 'a note', 'x' FROM generate_series(1, 2000);
-- migration
-- claim: fails error in index orders_note after drop column
ALTER TABLE orders DROP COLUMN note;
-- claim: fails cannot drop UNIQUE column
ALTER TABLE orders DROP COLUMN code;
-- claim: fails error in table orders after drop column
ALTER TABLE orders DROP COLUMN kind;
