COMMENT ON TABLE stock IS NULL;
DROP TRIGGER stock_stamp ON stock;
DROP FUNCTION shop.stamp();
