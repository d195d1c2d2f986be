CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL);
CREATE TABLE log (what TEXT);
-- migration
CREATE VIEW large AS SELECT id FROM orders WHERE total > 50;
CREATE TRIGGER orders_log AFTER INSERT ON orders BEGIN INSERT INTO log VALUES (new.id); END;
