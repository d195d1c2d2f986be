CREATE TABLE orders (id bigint PRIMARY KEY, note text);
CREATE TABLE events (at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER "Stamp; it" BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER stamp BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE orders DISABLE TRIGGER "Stamp; it";
ALTER TABLE events DISABLE TRIGGER stamp;
-- In one partition only.
CREATE TABLE visits (at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TRIGGER stamp AFTER INSERT ON visits FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE visits_2026 DISABLE TRIGGER stamp;

-- A bulk load that forgot to end.
CREATE TABLE "order lines" (id bigint PRIMARY KEY, order_id bigint CONSTRAINT "line's order" REFERENCES orders);
CREATE INDEX ON "order lines" (order_id);
ALTER TABLE "order lines" DISABLE TRIGGER ALL;
