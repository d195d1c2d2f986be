CREATE TABLE orders (id bigint PRIMARY KEY, total money NOT NULL DEFAULT 0, "Net price" money);
INSERT INTO orders VALUES (1, '12.34', '10.99');
CREATE INDEX ON orders (total);
CREATE VIEW priced AS SELECT id, "Net price" FROM orders;
