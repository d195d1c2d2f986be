CREATE TABLE orders (id int NOT NULL PRIMARY KEY, region int, state int, KEY by_state (state));
INSERT INTO orders VALUES (1, 1, 1), (2, 1, 2);
-- migration
-- claim: ALGORITHM=INPLACE, LOCK=NONE
ALTER TABLE orders DROP INDEX by_state, ADD INDEX by_region (region);
CREATE TABLE fresh (id int PRIMARY KEY, a int, KEY (a));
ALTER TABLE fresh DROP COLUMN a;
