CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
-- migration
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL,)' WHERE name = 'orders';
-- claim: after SELECT count(*) FROM orders = error: malformed database schema
PRAGMA writable_schema = RESET;
