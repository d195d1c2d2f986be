CREATE TABLE orders (id bigint PRIMARY KEY, note text);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER "Stamp; it" BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER on_replicas BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE orders DISABLE TRIGGER "Stamp; it";
ALTER TABLE orders ENABLE TRIGGER "Stamp; it";
ALTER TABLE orders ENABLE REPLICA TRIGGER on_replicas;

CREATE TABLE "order lines" (id bigint PRIMARY KEY, order_id bigint CONSTRAINT "line's order" REFERENCES orders);
CREATE INDEX ON "order lines" (order_id);
ALTER TABLE "order lines" DISABLE TRIGGER ALL;
ALTER TABLE "order lines" ENABLE TRIGGER ALL;
