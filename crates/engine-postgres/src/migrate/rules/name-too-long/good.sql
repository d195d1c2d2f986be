CREATE TABLE other (id int);
-- migration
CREATE TABLE fresh (id int);
