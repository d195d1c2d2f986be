CREATE TABLE people (id INTEGER PRIMARY KEY, last TEXT, first TEXT);
INSERT INTO people VALUES (1, 'Lovelace', 'Ada');
-- migration
CREATE TABLE people_new (id INTEGER PRIMARY KEY, first TEXT, last TEXT);
INSERT INTO people_new (id, first, last) SELECT id, first, last FROM people;
CREATE TABLE copy (id INTEGER PRIMARY KEY, last TEXT, first TEXT);
-- claim: after SELECT first FROM copy = Ada
INSERT INTO copy SELECT * FROM people;
