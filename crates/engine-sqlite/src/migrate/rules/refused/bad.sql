CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
CREATE VIEW large AS SELECT id FROM orders WHERE total > 50;
-- migration
-- claim: fails near "(": syntax error
CREATE TABLE events (id INTEGER PRIMARY KEY, at TEXT DEFAULT now());
-- claim: fails no such column: amount
CREATE INDEX orders_amount ON orders (amount);
CREATE TABLE orders_new (id INTEGER PRIMARY KEY, total REAL);
DROP TABLE orders;
-- claim: fails error in view large: no such table: main.orders
ALTER TABLE orders_new RENAME TO orders;
