CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
CREATE TABLE empty (id INTEGER PRIMARY KEY);
CREATE VIEW large AS SELECT id FROM orders WHERE total > 50;
-- migration
-- claim: after SELECT count(*) FROM large = error: no such table
DROP TABLE orders;
