-- applied by another tool
CREATE TABLE orders (id INTEGER PRIMARY KEY);
-- migration
BEGIN IMMEDIATE;
CREATE TABLE fresh (a);
-- claim: fails cannot VACUUM from within a transaction
VACUUM;
COMMIT;
