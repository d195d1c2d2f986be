ALTER TABLE stock COMMENT = '';
DROP TRIGGER stock_stamp;
