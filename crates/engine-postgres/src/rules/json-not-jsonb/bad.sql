CREATE TABLE orders (id bigint PRIMARY KEY, "Extra data" json NOT NULL DEFAULT '{}', shape json CHECK (json_typeof(shape) = 'object'));
INSERT INTO orders VALUES (1, '{"gift": true, "gift": false}', '{}');
CREATE DOMAIN document AS json;
CREATE TABLE letters (id bigint PRIMARY KEY, body document);
