-- applied by psql
CREATE TABLE other (id int);
-- migration
CREATE TABLE IF NOT EXISTS fresh (id int);
BEGIN;
CREATE INDEX fresh_id ON fresh (id);
COMMIT;
