CREATE TABLE orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  amount int,
  code varchar(20) CHARACTER SET utf8mb4,
  at datetime
) DEFAULT CHARSET=utf8mb4;
INSERT INTO orders (amount, code, at) VALUES (1, 'x', '2026-01-01'), (2, 'y', '2026-01-02');
-- migration
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders ADD COLUMN state varchar(10) NOT NULL DEFAULT 'new';
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders ADD COLUMN made timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP;
-- claim: ALGORITHM=INSTANT
ALTER TABLE orders ALTER COLUMN amount SET DEFAULT (1 + 2);
CREATE TABLE fresh (id int PRIMARY KEY);
ALTER TABLE fresh ADD COLUMN a int DEFAULT (id * 2);
