CREATE TABLE notes (id int NOT NULL PRIMARY KEY, body text, place point NOT NULL);
INSERT INTO notes VALUES (1, 'one', ST_GeomFromText('POINT(1 1)')), (2, 'two', ST_GeomFromText('POINT(2 2)'));
-- migration
-- claim: ALGORITHM=INPLACE, LOCK=SHARED
ALTER TABLE notes ADD FULLTEXT INDEX words (body);
-- claim: ALGORITHM=INPLACE, LOCK=SHARED
CREATE SPATIAL INDEX places ON notes (place);
