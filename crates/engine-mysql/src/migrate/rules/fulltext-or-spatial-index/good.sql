CREATE TABLE notes (id int NOT NULL PRIMARY KEY, body varchar(100), a int);
INSERT INTO notes VALUES (1, 'one', 1), (2, 'two', 2);
-- migration
-- claim: ALGORITHM=INPLACE, LOCK=NONE
ALTER TABLE notes ADD INDEX starts (body(10));
CREATE TABLE fresh (id int PRIMARY KEY, body text);
ALTER TABLE fresh ADD FULLTEXT INDEX words (body);
