CREATE TABLE orders (id int PRIMARY KEY, amount int, total decimal(10,2), code varchar(40), at datetime(3), note text);
INSERT INTO orders VALUES (1, 1000, 1.25, 'a long one', '2026-01-01 10:00:00.123', 'x'), (2, 2, 2.5, 'y', '2026-01-02', 'y');
-- migration
-- claim: fails 1264
ALTER TABLE orders MODIFY amount tinyint;
-- claim: fails 1265
ALTER TABLE orders MODIFY code varchar(5);
ALTER TABLE orders MODIFY at date;
ALTER TABLE orders MODIFY total decimal(10,1);
ALTER TABLE orders MODIFY note varchar(200);
