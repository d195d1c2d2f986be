CREATE TABLE visits (id integer PRIMARY KEY, page text, visitor text);
INSERT INTO visits VALUES (1, '/', 'a'), (2, '/', 'a');
-- A key of several columns is a key as well.
CREATE TABLE likes (page text NOT NULL, visitor text NOT NULL, PRIMARY KEY (page, visitor));
CREATE VIEW pages AS SELECT DISTINCT page FROM visits;
