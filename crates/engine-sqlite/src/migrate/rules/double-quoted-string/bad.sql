CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT);
INSERT INTO orders VALUES (1, 'new');
-- migration
-- claim: after SELECT state FROM orders = draft
UPDATE orders SET state = "draft" WHERE id = 1;
