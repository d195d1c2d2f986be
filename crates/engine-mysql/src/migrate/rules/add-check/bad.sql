CREATE TABLE orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  amount int,
  code varchar(20) CHARACTER SET utf8mb4,
  at datetime
) DEFAULT CHARSET=utf8mb4;
INSERT INTO orders (amount, code, at) VALUES (1, 'x', '2026-01-01'), (2, 'y', '2026-01-02');
-- migration
-- claim: ALGORITHM=COPY, LOCK=SHARED
ALTER TABLE orders ADD CONSTRAINT positive CHECK (amount > 0);
