-- only mysql
CREATE TABLE orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  amount int,
  code varchar(20) CHARACTER SET utf8mb4,
  at datetime,
  hash varbinary(100),
  plain varchar(200) CHARACTER SET latin1
) DEFAULT CHARSET=utf8mb4;
INSERT INTO orders (amount, code, at) VALUES (1, 'x', '2026-01-01'), (2, 'y', '2026-01-02');
-- migration
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders MODIFY code varchar(64) CHARACTER SET utf8mb4;
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders MODIFY hash varbinary(256);
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders MODIFY plain varchar(256) CHARACTER SET latin1;
