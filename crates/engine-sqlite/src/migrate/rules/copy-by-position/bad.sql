CREATE TABLE people (id INTEGER PRIMARY KEY, last TEXT, first TEXT);
INSERT INTO people VALUES (1, 'Lovelace', 'Ada');
-- migration
CREATE TABLE people_new (id INTEGER PRIMARY KEY, first TEXT, last TEXT);
-- claim: after SELECT first FROM people_new = Lovelace
INSERT INTO people_new SELECT * FROM people;
