-- applied by another tool
CREATE TABLE other (id INTEGER PRIMARY KEY);
-- migration
CREATE TABLE IF NOT EXISTS fresh (id INTEGER PRIMARY KEY);
BEGIN IMMEDIATE;
CREATE INDEX fresh_id ON fresh (id);
ALTER TABLE fresh ADD COLUMN note TEXT;
COMMIT;
