CREATE TABLE notes (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, body text, a int, FULLTEXT KEY words (body));
INSERT INTO notes (body, a) VALUES ('one', 1), ('two', 2);
CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, amount int);
INSERT INTO orders (amount) VALUES (1), (2);
-- migration
-- claim: ALGORITHM=INPLACE, LOCK=NONE
ALTER TABLE notes ADD INDEX by_a (a);
-- claim: ALGORITHM=INSTANT
ALTER TABLE notes ALTER COLUMN a SET DEFAULT 3;
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders ADD COLUMN note varchar(20);
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders ADD COLUMN twice int AS (amount * 2) VIRTUAL;
-- claim: ALGORITHM=INPLACE, LOCK=NONE
ALTER TABLE orders FORCE;
