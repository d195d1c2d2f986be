-- limit indexes = 6
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT, KEY (a, b), KEY (a, c), KEY (b, a), KEY (b, c), KEY (c, a), KEY (c, b)) ENGINE = InnoDB;
