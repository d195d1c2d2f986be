-- applied by psql
CREATE TABLE orders (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  amount int,
  code varchar(20) CHARACTER SET utf8mb4,
  at datetime
) DEFAULT CHARSET=utf8mb4;
INSERT INTO orders (amount, code, at) VALUES (1, 'x', '2026-01-01'), (2, 'y', '2026-01-02');

CREATE TABLE empty_yet (id int PRIMARY KEY);
-- migration
SET SESSION lock_wait_timeout = 5;
ALTER TABLE orders ADD COLUMN note text, ALGORITHM=INPLACE, LOCK=NONE;
CREATE INDEX by_amount ON orders (amount) ALGORITHM=INPLACE LOCK=NONE;
ALTER TABLE empty_yet ADD COLUMN a int;
CREATE TABLE fresh (id int PRIMARY KEY);
ALTER TABLE fresh ADD COLUMN a int;
