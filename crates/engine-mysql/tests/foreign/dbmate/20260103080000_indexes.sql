-- migrate:up
CREATE INDEX orders_placed ON orders (placed DESC, status);
ALTER TABLE orders RENAME INDEX customer_status TO orders_customer_status;
ALTER TABLE products ADD FULLTEXT INDEX products_title (title);
ALTER TABLE order_lines ADD KEY lines_product_qty (product_id, qty);

-- migrate:down
-- The foreign key's own index has given way to the new one.
ALTER TABLE order_lines ADD KEY order_lines_product (product_id), DROP KEY lines_product_qty;
ALTER TABLE products DROP INDEX products_title;
ALTER TABLE orders RENAME INDEX orders_customer_status TO customer_status;
DROP INDEX orders_placed ON orders;
