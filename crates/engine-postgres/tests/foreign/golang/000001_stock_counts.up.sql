BEGIN;
ALTER TABLE stock ADD COLUMN warehouse text NOT NULL DEFAULT 'main';
ALTER TABLE stock ALTER COLUMN v TYPE bigint;
CREATE INDEX stock_warehouse_idx ON stock (warehouse, v);
COMMIT;
