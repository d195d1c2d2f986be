CREATE TABLE orders (id bigserial PRIMARY KEY, "Line no" serial NOT NULL, note text);
ALTER SEQUENCE "orders_Line no_seq" INCREMENT 10 CACHE 5;
INSERT INTO orders (note) SELECT 'note' FROM generate_series(1, 3);
CREATE TABLE more_orders (id bigint PRIMARY KEY DEFAULT nextval('orders_id_seq'));
CREATE TABLE letters (id smallserial PRIMARY KEY);
