CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
-- migration
PRAGMA writable_schema = OFF;
ALTER TABLE orders ADD COLUMN note TEXT;
