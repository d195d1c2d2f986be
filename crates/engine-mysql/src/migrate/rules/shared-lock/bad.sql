CREATE TABLE orders (amount int NOT NULL, code varchar(20), KEY by_amount (amount));
INSERT INTO orders VALUES (1, 'x'), (2, 'y');
-- migration
-- claim: ALGORITHM=INPLACE, LOCK=SHARED
ALTER TABLE orders ADD COLUMN id int NOT NULL AUTO_INCREMENT PRIMARY KEY;
-- claim: ALGORITHM=INPLACE, LOCK=SHARED
ALTER TABLE orders ADD COLUMN twice int AS (amount * 2) VIRTUAL, ADD INDEX by_twice (twice);
