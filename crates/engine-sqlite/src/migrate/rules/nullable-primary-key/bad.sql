CREATE TABLE other (id INTEGER PRIMARY KEY);
-- migration
CREATE TABLE words (word TEXT PRIMARY KEY, count INTEGER);
-- claim: after SELECT count(*) FROM words WHERE word IS NULL = 2
INSERT INTO words (word, count) VALUES (NULL, 1), (NULL, 2);
