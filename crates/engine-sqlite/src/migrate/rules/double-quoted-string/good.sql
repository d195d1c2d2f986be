CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT, "order" INTEGER);
INSERT INTO orders VALUES (1, 'new', 2);
-- migration
UPDATE orders SET "state" = 'draft' WHERE id = 1;
CREATE INDEX "orders_order" ON orders ("order");
