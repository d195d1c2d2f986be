CREATE TABLE orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  amount int,
  code varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci,
  at datetime
) DEFAULT CHARSET=utf8mb4;
INSERT INTO orders (amount, code, at) VALUES (1, 'x', '2026-01-01'), (2, 'y', '2026-01-02');
-- migration
-- claim mysql: ALGORITHM=INPLACE, LOCK=NONE
-- claim mariadb: ALGORITHM=INSTANT
ALTER TABLE orders DEFAULT CHARACTER SET latin1;
-- claim mysql: ALGORITHM=INPLACE, LOCK=NONE
-- claim mariadb: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY code varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE fresh (id int PRIMARY KEY, name varchar(20)) DEFAULT CHARSET=latin1;
ALTER TABLE fresh CONVERT TO CHARACTER SET utf8mb4;
