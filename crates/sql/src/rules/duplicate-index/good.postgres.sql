CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, state text, note text);
CREATE INDEX ON orders (customer_id, state);
CREATE INDEX ON orders (state, customer_id);
CREATE INDEX ON orders (customer_id) WHERE state = 'open';
CREATE INDEX ON orders (customer_id) WHERE state = 'late';
CREATE INDEX ON orders (customer_id DESC, state);
CREATE INDEX ON orders (customer_id NULLS FIRST, state);
CREATE INDEX ON orders (note);
CREATE INDEX ON orders (note text_pattern_ops);
CREATE INDEX ON orders (note COLLATE "C");
CREATE INDEX ON orders USING hash (note);
CREATE INDEX ON orders (note) INCLUDE (state);
CREATE INDEX ON orders (lower(note));
CREATE INDEX ON orders (upper(note));
CREATE UNIQUE INDEX ON orders (note, id);
CREATE INDEX ON orders (note, id);
-- A foreign key or ON CONFLICT can rely on the second one only.
CREATE TABLE seats (id bigint PRIMARY KEY, place int NOT NULL, UNIQUE (place) DEFERRABLE);
CREATE UNIQUE INDEX seats_place ON seats (place);
