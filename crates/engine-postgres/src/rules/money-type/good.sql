CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(12, 2) NOT NULL DEFAULT 0, currency text NOT NULL DEFAULT 'EUR');
INSERT INTO orders VALUES (1, 12.34);
