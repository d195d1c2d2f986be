CREATE TABLE other (id INTEGER PRIMARY KEY);
-- migration
-- claim: fails unknown datatype for users.mail
CREATE TABLE users (id INTEGER PRIMARY KEY, mail VARCHAR(100)) STRICT;
-- claim: fails PRIMARY KEY missing on table words
CREATE TABLE words (word TEXT) WITHOUT ROWID;
-- claim: fails AUTOINCREMENT is only allowed on an INTEGER PRIMARY KEY
CREATE TABLE numbers (id BIGINT PRIMARY KEY AUTOINCREMENT);
