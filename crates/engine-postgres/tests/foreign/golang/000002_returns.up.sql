CREATE TYPE shop.reason AS ENUM ('broken', 'late');
CREATE TABLE IF NOT EXISTS shop.returns (
    id BIGSERIAL PRIMARY KEY,
    order_id INT NOT NULL,
    placed DATE NOT NULL,
    reason shop.reason NOT NULL DEFAULT 'broken',
    stock_id INT REFERENCES stock (id) ON DELETE SET NULL,
    FOREIGN KEY (order_id, placed) REFERENCES orders (id, placed) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS returns_order ON shop.returns (order_id, placed) WHERE reason <> 'late';
