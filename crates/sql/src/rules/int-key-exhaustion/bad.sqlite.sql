CREATE TABLE orders (id integer PRIMARY KEY, note text);
INSERT INTO orders VALUES (1, 'a'), (9000000000000000000, 'b');
