CREATE TABLE orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  amount int,
  code varchar(20) CHARACTER SET utf8mb4,
  at datetime,
  name varchar(30) CHARACTER SET latin1,
  KEY by_code (code)
) DEFAULT CHARSET=utf8mb4;
INSERT INTO orders (amount, code, at) VALUES (1, 'x', '2026-01-01'), (2, 'y', '2026-01-02');
-- migration
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders MODIFY name varchar(30) CHARACTER SET utf8mb4;
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders CONVERT TO CHARACTER SET latin1;
