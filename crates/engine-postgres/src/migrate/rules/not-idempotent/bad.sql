-- applied by psql
CREATE TABLE other (id int);
-- migration
CREATE TABLE fresh (id int);
CREATE INDEX fresh_id ON fresh (id);
