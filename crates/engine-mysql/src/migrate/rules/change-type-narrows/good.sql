CREATE TABLE orders (id int PRIMARY KEY, amount int, code varchar(40));
INSERT INTO orders VALUES (1, 1000, 'a long one'), (2, 2, 'y');
-- migration
-- claim mysql: ALGORITHM=INPLACE, LOCK=NONE
-- claim mariadb: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY code varchar(50);
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY amount int(5);
CREATE TABLE fresh (id int PRIMARY KEY, amount int);
ALTER TABLE fresh MODIFY amount tinyint;
