CREATE TABLE orders (id integer PRIMARY KEY, note text);
INSERT INTO orders VALUES (1, 'a'), (2000000000, 'b');
