-- limit indexes = 6
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT, KEY (a, b), KEY (b, c), KEY (c)) ENGINE = InnoDB;
