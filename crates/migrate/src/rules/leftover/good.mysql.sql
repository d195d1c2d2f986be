CREATE TABLE orders (id int PRIMARY KEY, total double);
CREATE TABLE kept (id int PRIMARY KEY);
