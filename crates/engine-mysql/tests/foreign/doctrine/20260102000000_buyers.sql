ALTER TABLE orders DROP FOREIGN KEY orders_customer;
DROP INDEX customer_status ON orders;
ALTER TABLE orders CHANGE customer_id buyer_id INT UNSIGNED NOT NULL;
ALTER TABLE orders ADD CONSTRAINT FK_E52FFDEE6C755722 FOREIGN KEY (buyer_id) REFERENCES customers (id);
CREATE INDEX IDX_E52FFDEE6C755722 ON orders (buyer_id, status);
CREATE OR REPLACE VIEW open_orders AS SELECT id, placed, buyer_id FROM orders WHERE status = 'new';
