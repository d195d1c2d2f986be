-- alone
-- limit minutes = 0
CREATE TABLE orders (id int PRIMARY KEY, total numeric NOT NULL);
-- session report
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM orders;
COMMIT;
