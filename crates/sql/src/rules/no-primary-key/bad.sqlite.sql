-- The same row can be stored twice.
CREATE TABLE visits (page text, visitor text);
INSERT INTO visits VALUES ('/', 'a'), ('/', 'a');
