-- applied by another tool
CREATE TABLE orders (id INTEGER PRIMARY KEY);
-- migration
BEGIN IMMEDIATE;
CREATE TABLE fresh (a);
COMMIT;
