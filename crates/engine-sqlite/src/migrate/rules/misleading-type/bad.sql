CREATE TABLE people (id INTEGER PRIMARY KEY);
-- migration
CREATE TABLE codes (id SERIAL PRIMARY KEY, code STRING, tags TEXT[]);
-- claim: after SELECT typeof(code) || ' ' || code || ' ' || (id IS NULL) FROM codes = integer 7 1
INSERT INTO codes (code) VALUES ('007');
