-- applied by another tool
CREATE TABLE other (id INTEGER PRIMARY KEY);
-- migration
CREATE TABLE fresh (id INTEGER PRIMARY KEY);
CREATE INDEX fresh_id ON fresh (id);
