CREATE TABLE people (id INTEGER PRIMARY KEY);
-- migration
CREATE TABLE codes (id INTEGER PRIMARY KEY, code TEXT, at DATETIME, flag BOOLEAN, price DECIMAL(10, 2), mark UUID, data JSON);
-- claim: after SELECT typeof(code) || ' ' || code || ' ' || id FROM codes = text 007 1
INSERT INTO codes (code) VALUES ('007');
