CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, amount int NOT NULL, code varchar(20));
INSERT INTO orders (amount, code) VALUES (1, 'x'), (2, 'y');
-- migration
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders ADD COLUMN twice int AS (amount * 2) VIRTUAL;
-- claim: ALGORITHM=INPLACE, LOCK=NONE
ALTER TABLE orders ADD INDEX by_twice (twice);
-- claim: ALGORITHM=INPLACE, LOCK=NONE
CREATE INDEX by_code ON orders (code);
