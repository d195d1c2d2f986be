CREATE TABLE orders (id bigint PRIMARY KEY, total decimal(10,2), note text);
INSERT INTO orders VALUES (1, 10, 'x'), (2, 20, 'y');
-- migration
CREATE TABLE fresh (id bigint PRIMARY KEY, note text);
ALTER TABLE fresh DROP COLUMN note;
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders ALTER COLUMN total SET DEFAULT 0;
