CREATE TABLE orders (id bigint PRIMARY KEY, total decimal(10,2), note text, state char(1), KEY by_state (state));
INSERT INTO orders VALUES (1, 10, 'x', 'n'), (2, 20, 'y', 'o');
-- migration
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders DROP COLUMN note;
