-- limit per_second = 0.01
CREATE TABLE a (id INT PRIMARY KEY);
SELECT COUNT(*) FROM a;
