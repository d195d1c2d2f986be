CREATE TABLE orders (id bigint PRIMARY KEY, "Extra data" jsonb NOT NULL DEFAULT '{}');
INSERT INTO orders VALUES (1, '{"gift": true}');
