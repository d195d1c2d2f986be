CREATE TRIGGER stock_stamp BEFORE UPDATE ON stock FOR EACH ROW
BEGIN
    IF NOT (NEW.v <=> OLD.v) THEN
        SET NEW.note = COALESCE(NEW.note, 'stamped; once');
    END IF;
END;
ALTER TABLE stock COMMENT = 'What is there to sell';
