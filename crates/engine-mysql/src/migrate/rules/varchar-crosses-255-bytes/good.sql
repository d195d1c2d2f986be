CREATE TABLE orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  amount int,
  code varchar(20) CHARACTER SET utf8mb4,
  at datetime,
  long_one varchar(64) CHARACTER SET utf8mb4,
  plain varchar(200) CHARACTER SET latin1
) DEFAULT CHARSET=utf8mb4;
INSERT INTO orders (amount, code, at) VALUES (1, 'x', '2026-01-01'), (2, 'y', '2026-01-02');
-- migration
-- claim mysql: ALGORITHM=INPLACE, LOCK=NONE
-- claim mariadb: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY code varchar(63) CHARACTER SET utf8mb4;
-- claim mysql: ALGORITHM=INPLACE, LOCK=NONE
-- claim mariadb: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY long_one varchar(500) CHARACTER SET utf8mb4;
-- claim mysql: ALGORITHM=INPLACE, LOCK=NONE
-- claim mariadb: ALGORITHM=INSTANT
ALTER TABLE orders MODIFY plain varchar(255) CHARACTER SET latin1;
