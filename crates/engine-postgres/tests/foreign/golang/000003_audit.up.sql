CREATE OR REPLACE FUNCTION shop.stamp() RETURNS trigger AS $$
BEGIN
    NEW.note := coalesce(NEW.note, 'stamped');
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER stock_stamp BEFORE UPDATE OF v ON stock FOR EACH ROW WHEN (OLD.v IS DISTINCT FROM NEW.v) EXECUTE FUNCTION shop.stamp();
COMMENT ON TABLE stock IS 'What is there to sell';
