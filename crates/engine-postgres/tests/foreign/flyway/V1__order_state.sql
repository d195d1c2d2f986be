ALTER TYPE shop.state ADD VALUE IF NOT EXISTS 'sent';
ALTER TABLE orders ADD COLUMN currency char(3) NOT NULL DEFAULT 'EUR';
CREATE TABLE orders_2026_03 PARTITION OF orders FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
CREATE INDEX orders_customer ON orders (customer_id);
