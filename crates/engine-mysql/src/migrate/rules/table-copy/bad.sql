-- only mysql
CREATE TABLE notes (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, body text, a int, FULLTEXT KEY words (body));
INSERT INTO notes (body, a) VALUES ('one', 1), ('two', 2);
CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, amount int);
INSERT INTO orders (amount) VALUES (1), (2);
-- migration
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE notes ADD COLUMN b int;
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders ORDER BY amount;
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders ADD COLUMN twice int AS (amount * 2) VIRTUAL FIRST;
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders MODIFY id int NOT NULL;
