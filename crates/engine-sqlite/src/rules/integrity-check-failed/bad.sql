CREATE TABLE parts (id INTEGER PRIMARY KEY, code TEXT NOT NULL, shelf TEXT NOT NULL);
CREATE INDEX parts_code ON parts (code);
INSERT INTO parts (code, shelf) VALUES ('a', 'x'), ('b', 'y'), ('c', 'z');
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE INDEX parts_code ON parts (shelf)' WHERE name = 'parts_code';
PRAGMA writable_schema = OFF;
