CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, state text, number int, note text);
CREATE INDEX ON orders (customer_id, state);
CREATE INDEX ON orders (state);
CREATE INDEX ON orders (customer_id DESC, state);
CREATE UNIQUE INDEX ON orders (number);
CREATE INDEX ON orders (number, state);
CREATE INDEX ON orders (note text_pattern_ops);
CREATE INDEX ON orders (note, state);
CREATE INDEX ON orders (state, id) WHERE number > 5;
CREATE INDEX ON orders (customer_id) INCLUDE (note);
CREATE INDEX ON orders USING hash (number);
-- The replica identity stays.
CREATE TABLE currencies (code text NOT NULL, name text);
CREATE UNIQUE INDEX currencies_code ON currencies (code);
CREATE INDEX ON currencies (code, name);
ALTER TABLE currencies REPLICA IDENTITY USING INDEX currencies_code;
