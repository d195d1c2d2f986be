DROP INDEX stock_warehouse_idx;
ALTER TABLE stock ALTER COLUMN v TYPE int;
ALTER TABLE stock DROP COLUMN warehouse;
