CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
CREATE VIEW large AS SELECT id FROM orders WHERE total > 50;
-- migration
CREATE TABLE events (id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX orders_total ON orders (total);
PRAGMA legacy_alter_table = ON;
CREATE TABLE orders_new (id INTEGER PRIMARY KEY, total REAL);
DROP TABLE orders;
ALTER TABLE orders_new RENAME TO orders;
CREATE INDEX orders_total ON orders (total);
