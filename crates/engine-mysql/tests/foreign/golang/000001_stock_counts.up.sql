ALTER TABLE stock
    ADD COLUMN warehouse VARCHAR(10) NOT NULL DEFAULT 'main' AFTER id,
    MODIFY COLUMN v BIGINT NOT NULL DEFAULT 0,
    ADD INDEX stock_warehouse_idx (warehouse, v);
